//! The acceptance cases of search and figures, and imports, on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect should fail")]

mod details;
mod did_you_mean;
mod figures;
mod full_scale_data;
mod import;
mod jobs;
mod lists;
mod owners;
mod plans;
mod readings;
mod search;
mod site;
mod suggest;
mod swap;
