//! Pkg Stats over real HTTP, on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect should fail")]

mod accounts;
mod attempts;
mod chart;
mod database;
mod news;
mod package;
mod pages;
mod registry;
mod sessions;
mod site;
