use std::time::Duration;

use pg_session::{ErrorKind, PgStore};
use pg_session_testkit::Database;

use crate::via::{MINUTE, contract};

contract! {
    async fn is_idempotent_and_later_calls_fail(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &1, MINUTE).await.unwrap();
        store.close().await;
        store.close().await;
        for error in [store.get("a").await.unwrap_err(), store.setup().await.unwrap_err(), store.sweep().await.unwrap_err()] {
            assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, false));
            assert!(error.to_string().contains("closed"), "{error}");
        }
    }

    async fn waits_for_calls_in_flight(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &1, MINUTE).await.unwrap();
        let other = fixture.database.client().await;
        other.batch_execute("BEGIN; SELECT FROM session WHERE id = 'a' FOR UPDATE").await.unwrap();
        let set = tokio::spawn({ let store = store.clone(); async move { store.set("a", &2, MINUTE).await } });
        fixture.until_one_waits().await;
        let close = tokio::spawn({ let store = store.clone(); async move { store.close().await } });
        // By the time of this reply, `close` could have finished.
        fixture.value("SELECT 1").await;
        assert!(!close.is_finished());
        other.batch_execute("COMMIT").await.unwrap();
        close.await.unwrap();
        set.await.unwrap().unwrap();
        assert_eq!(fixture.value("SELECT session FROM session").await, "2");
    }
}

const OURS: &str = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg-session' \
                    AND datname = current_database()";

#[tokio::test]
async fn closes_its_own_connections() {
    let database = Database::new();
    let store = PgStore::new(database.url()).unwrap();
    store.setup().await.unwrap();
    let client = database.client().await;
    assert!(client.query_one(OURS, &[]).await.unwrap().get::<_, i64>(0) > 0);
    store.close().await;
    for _ in 0..100 {
        if client.query_one(OURS, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("some connections are still open");
}

#[tokio::test]
async fn never_closes_the_callers_pool() {
    let database = Database::new();
    let pool = sqlx::PgPool::connect(&database.url()).await.unwrap();
    let store = PgStore::new(pool.clone()).unwrap();
    store.setup().await.unwrap();
    store.close().await;
    assert_eq!(sqlx::query_scalar::<_, i32>("SELECT 1").fetch_one(&pool).await.unwrap(), 1);
}
