//! The store under both versions of tower-sessions, on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic, its helpers too")]

mod http;
mod login;
mod v014;
mod v015;

use std::time::Duration;

use pg_session_testkit::Database;
use pg_session_tower::{PgStore, TowerStore};

/// A store that does not sweep by itself.
async fn store(database: &Database) -> TowerStore {
    let store = PgStore::builder(database.url()).cleanup_interval(Duration::ZERO).build().unwrap();
    store.setup().await.unwrap();
    store.into()
}
