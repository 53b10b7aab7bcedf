use pg_session_check::{Kind, SqlxStore};
use pg_session_testkit::Database;

use crate::{assert_found, run_and_check};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_known_violations_of_tower_sessions_sqlx_store_are_found() {
    let database = Database::new();
    let stores = [SqlxStore::new(&database.url()).await.unwrap(), SqlxStore::new(&database.url()).await.unwrap()];
    let (_, violations) = run_and_check(stores, 4_000).await;
    for kind in [Kind::LostUpdate, Kind::Resurrected, Kind::RotatedAlive, Kind::TwoWinners] {
        assert_found(kind, &violations);
    }
}
