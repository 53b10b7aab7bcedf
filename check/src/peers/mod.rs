//! Other stores, called as their middlewares call them.

mod connect_pg_simple;
mod sqlx_store;

pub use connect_pg_simple::ConnectPgSimple;
pub use sqlx_store::SqlxStore;
