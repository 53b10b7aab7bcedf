//! A table that another transaction has locked.

use std::time::Duration;

use pg_session::ErrorKind;

use crate::via::{Fixture, MINUTE, Via};

#[tokio::test]
async fn a_read_that_waits_for_a_locked_table_says_what_it_waits_for() {
    let fixture = Fixture::new(Via::Lanes);
    let store = fixture.set_up(fixture.builder().timeout(Duration::from_millis(500))).await;
    store.set("a", &1, MINUTE).await.unwrap();
    let other = fixture.database.client().await;
    other.batch_execute("BEGIN; LOCK TABLE session").await.unwrap();
    let (a, b) = tokio::join!(store.get("a"), store.get("b"));
    for error in [a.unwrap_err(), b.unwrap_err(), store.count().await.unwrap_err()] {
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, true), "{error}");
        assert!(error.to_string().contains("locked the session's row or the table"), "{error}");
    }
    other.batch_execute("COMMIT").await.unwrap();
    assert_eq!(store.get("a").await.unwrap().unwrap().json(), "1");
}

/// The error says so, and that a retry is safe: nothing was written.
#[tokio::test]
async fn a_write_that_waits_for_a_locked_table_says_what_it_waits_for() {
    let fixture = Fixture::new(Via::Lanes);
    let store = fixture.set_up(fixture.builder().timeout(Duration::from_millis(500))).await;
    store.set("a", &1, MINUTE).await.unwrap();
    let other = fixture.database.client().await;
    other.batch_execute("BEGIN; LOCK TABLE session").await.unwrap();
    for error in [
        store.set("a", &2, MINUTE).await.unwrap_err(),
        store.create("b", &2, MINUTE).await.unwrap_err(),
        store.destroy("a").await.unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, true), "{error}");
        assert!(error.to_string().contains("locked the session's row or the table"), "{error}");
        assert!(error.to_string().contains("pg_locks"), "{error}");
    }
    other.batch_execute("COMMIT").await.unwrap();
    assert_eq!(store.get("a").await.unwrap().unwrap().json(), "1");
}
