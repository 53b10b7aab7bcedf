//! Private PostgreSQL servers for the tests of pg-session.
//!
//! A [`Server`] has a temporary folder, a free port of 127.0.0.1 and a Unix socket. Its processes and its folder are
//! removed when the value is dropped, and also when the process that started it panics, is interrupted or is killed.
//! [`Server::shared`] is one server for a whole test run, and `Database` (feature `database`) is one database for one
//! test.
//!
//! ```
//! let server = pg_session_testkit::Server::start()?;
//! println!("{}", server.url("postgres"));
//! # Ok::<(), pg_session_testkit::Error>(())
//! ```
//!
//! Supported systems: Linux and macOS.

mod address;
mod cluster;
#[cfg(feature = "database")]
mod database;
mod env_vars;
mod error;
mod error_chain;
mod fetch;
mod folder;
#[cfg(feature = "database")]
mod gate;
mod guard;
mod persistent_dir;
mod pg_install;
mod pgbouncer;
mod port;
#[cfg(feature = "database")]
mod proxy;
mod random;
mod server;
mod server_builder;
#[cfg(feature = "suite")]
pub mod suite;
mod user;

pub use address::Address;
#[cfg(feature = "database")]
pub use database::Database;
pub use env_vars::SHARED_SERVER;
pub use error::Error;
pub use error_chain::error_chain;
pub use folder::Folder;
#[cfg(feature = "database")]
pub use gate::Gate;
pub use guard::{Guard, Signal};
pub use persistent_dir::persistent_dir;
pub use pg_install::PgInstall;
pub use pgbouncer::PgBouncer;
#[cfg(feature = "database")]
pub use proxy::{Fault, Faults, Message, Proxy};
pub use random::random_token;
pub use server::Server;
pub use server_builder::ServerBuilder;
