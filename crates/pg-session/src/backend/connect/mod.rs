//! From a connection string to a stream on which the server has accepted the login.

mod attempt;
mod conninfo;
mod dialect;
mod endpoint;
mod environment;
mod failure;
mod host;
mod login;
mod movable;
mod names;
mod params;
mod pass_through;
mod passfile;
mod race;
mod require_auth;
mod service;
pub(super) mod settings;
mod stream;
mod syntax;
mod tls;

pub(super) use conninfo::ConnInfo;
pub(super) use environment::{Environment, of_process};
pub(super) use stream::Stream;
