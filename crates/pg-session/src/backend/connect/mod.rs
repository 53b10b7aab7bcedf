//! From a connection string to a stream on which the server has accepted the login.

mod conninfo;
mod lent;
mod login;
mod params;
pub(super) mod settings;
mod tls;

pub(super) use conninfo::ConnInfo;
pub(super) use login::Stream;
