use pg_session_check::{Kind, SqlxStore};
use pg_session_testkit::Database;

use crate::{assert_found, found};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_tower_sessions_sqlx_store_is_known_for_is_found() {
    let database = Database::new();
    let stores = [SqlxStore::new(&database.url()).await.unwrap(), SqlxStore::new(&database.url()).await.unwrap()];
    let (_, violations) = found(stores, 4_000).await;
    for kind in [Kind::LostUpdate, Kind::Resurrected, Kind::RotatedAlive, Kind::TwoWinners] {
        assert_found(kind, &violations);
    }
}
