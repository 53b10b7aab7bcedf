//! The stores under test, called as their middlewares call them.

mod connect_pg_simple;
mod pg_session;
mod sqlx_store;

pub use self::pg_session::PgSession;
pub use connect_pg_simple::ConnectPgSimple;
pub use sqlx_store::SqlxStore;
