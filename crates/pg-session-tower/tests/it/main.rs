//! The store with both versions of tower-sessions, on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test and its helpers fail by a panic")]

mod http;
mod login;
mod v014;
mod v015;

use std::time::Duration;

use pg_session_testkit::Database;
use pg_session_tower::{PgStore, TowerStore};

/// Returns a store without a sweeper.
async fn store(database: &Database) -> TowerStore {
    let store = PgStore::builder(database.url()).cleanup_interval(Duration::ZERO).build().unwrap();
    store.setup().await.unwrap();
    store.into()
}
