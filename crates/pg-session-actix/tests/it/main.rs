//! The store with actix-session, on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test and its helpers fail by a panic")]

mod forged;
mod http;
mod outside;
mod scope;
mod session_store;

use std::time::Duration;

use pg_session_actix::{ActixStore, PgStore};
use pg_session_testkit::Database;

/// Returns a store without a sweeper.
async fn store(database: &Database) -> ActixStore {
    let store = PgStore::builder(database.url()).cleanup_interval(Duration::ZERO).build().unwrap();
    store.setup().await.unwrap();
    store.into()
}
