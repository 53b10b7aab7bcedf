//! Private PostgreSQL servers for the tests of pg-session.
//!
//! A [`Server`] lives in a temporary folder, on a free port of 127.0.0.1 and on a unix socket. It
//! is gone, with its folder and all of its processes, when the value is dropped and also when the
//! process that started it panics, is interrupted or is killed outright. [`Server::shared`] is one
//! server for a whole test run, and `Database` (feature `database`) one database for one test.
//!
//! ```
//! let server = pg_session_testkit::Server::start()?;
//! println!("{}", server.url("postgres"));
//! # Ok::<(), pg_session_testkit::Error>(())
//! ```
//!
//! Everything here is for Unix: Linux and macOS.

mod address;
mod cluster;
#[cfg(feature = "database")]
mod database;
mod error;
mod fetch;
mod folder;
#[cfg(feature = "database")]
mod gate;
mod guard;
mod lasting;
mod pgbouncer;
mod programs;
#[cfg(feature = "database")]
mod proxy;
mod random;
mod server;
#[cfg(feature = "suite")]
pub mod suite;
mod user;

pub use address::Address;
#[cfg(feature = "database")]
pub use database::Database;
pub use error::Error;
pub use folder::Folder;
#[cfg(feature = "database")]
pub use gate::Gate;
pub use guard::{Guard, Signal};
pub use lasting::persistent_dir;
pub use pgbouncer::PgBouncer;
pub use programs::PgInstall;
#[cfg(feature = "database")]
pub use proxy::{Fault, Faults, Message, Proxy};
pub use server::{Builder, SHARED_SERVER, Server};
