use std::time::{Duration, Instant};

use pg_session::{ErrorKind, PgStore, Updated};
use pg_session_testkit::{Database, Proxy};
use serde_json::json;

use crate::via::{Fixture, MINUTE, Via, contract};

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

contract! {
    async fn lets_operations_of_several_statements_end(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &json!({"base": 1}), MINUTE).await.unwrap();
        let base = store.get("a").await.unwrap().unwrap();
        store.set("a", &json!({"base": 1, "theirs": 1}), MINUTE).await.unwrap();
        let other = fixture.database.client().await;
        other.batch_execute("BEGIN; SELECT FROM session WHERE id = 'a' FOR UPDATE").await.unwrap();
        let update = tokio::spawn({
            let store = store.clone();
            async move { store.update(&base, &json!({"base": 1, "ours": 1}), MINUTE).await }
        });
        fixture.until_one_waits().await;
        let close = tokio::spawn({ let store = store.clone(); async move { store.close().await } });
        fixture.value("SELECT 1").await;
        assert_eq!(store.get("a").await.unwrap_err().kind(), ErrorKind::Unavailable, "a new one is refused");
        other.batch_execute("COMMIT").await.unwrap();
        assert_eq!(update.await.unwrap().unwrap(), Updated::Merged);
        close.await.unwrap();
        // A first call sets up the table before its own statement.
        let store = fixture.builder().build().unwrap();
        let (set, ()) = tokio::join!(store.set("b", &1, MINUTE), store.close());
        set.unwrap();
        assert_eq!(fixture.value("SELECT count(*)::text FROM session").await, "2");
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

/// A server that accepts connections and never says a word.
#[tokio::test]
async fn does_not_wait_for_an_attempt_to_connect_that_no_call_waits_for() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://user@{}/db?connect_timeout=30", listener.local_addr().unwrap());
    // Its caller gives up, or its time limit ends while the attempt goes on.
    for (limit, patience) in
        [(Duration::from_secs(20), Duration::from_millis(50)), (Duration::from_millis(100), MINUTE)]
    {
        let store = PgStore::builder(&url).timeout(limit).build().unwrap();
        let _ = tokio::time::timeout(patience, store.get("a")).await;
        let began = Instant::now();
        store.close().await;
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }
}

/// A call that waits for the connection is served first.
#[tokio::test]
async fn waits_for_an_attempt_to_connect_that_a_call_waits_for() {
    let fixture = Fixture::new(Via::Lanes);
    fixture.store().await;
    let proxy = Proxy::start(&fixture.database.url()).await.unwrap();
    proxy.hold_connections();
    let store = fixture.builder_at(proxy.url()).connections(1).build().unwrap();
    let get = tokio::spawn({
        let store = store.clone();
        async move { store.count().await }
    });
    while proxy.connections() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let close = tokio::spawn({
        let store = store.clone();
        async move { store.close().await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!close.is_finished());
    proxy.release();
    close.await.unwrap();
    let _ = get.await.unwrap();
}
