//! Pkg Stats: a self-hosted viewer of npm packages and their statistics.
//!
//! One program on one PostgreSQL. The catalogue, stars and accounts are in `pkgstats-catalog`. Sessions of pg-session hold the
//! stars of visitors before they sign in, and their account afterwards.

mod accounts;
mod address;
mod app;
mod assets;
mod attempts;
mod chart_options;
mod client_address;
mod credentials;
mod device;
mod error;
mod guard;
mod page;
mod password;
mod readmes;
mod registry_options;
mod routes;
mod sync;
mod views;
mod visitor;
mod work;

pub use accounts::AccountError;
pub use app::{App, Options};
pub use registry_options::RegistryOptions;
pub use routes::router;
pub use work::Workers;
