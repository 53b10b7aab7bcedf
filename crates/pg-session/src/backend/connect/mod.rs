//! From a connection string to a stream on which the server has accepted the login.

mod attempt;
mod conninfo;
mod endpoint;
mod failure;
mod host;
mod login;
mod movable;
mod params;
mod pass_through;
pub(super) mod settings;
mod stream;
mod syntax;
mod tls;

pub(super) use conninfo::ConnInfo;
pub(super) use stream::Stream;
