//! The limits on what waits: bytes, and the share of one session.

use std::time::{Duration, Instant};

use pg_session::{Error, ErrorKind, PgStore, Result};
use serde_json::json;
use tokio::task::{JoinHandle, JoinSet};

use crate::via::{Fixture, MINUTE, Via, contract};

const KIB: usize = 1024;

/// Locks the sessions' table until the client rolls back.
async fn lock_table(fixture: &Fixture) -> tokio_postgres::Client {
    let other = fixture.database.client().await;
    other.batch_execute("BEGIN; LOCK TABLE session IN EXCLUSIVE MODE").await.unwrap();
    other
}

/// Starts a set of a string with this many bytes.
fn spawn_set(store: &PgStore, id: impl Into<String>, bytes: usize) -> JoinHandle<Result<()>> {
    let (store, id) = (store.clone(), id.into());
    tokio::spawn(async move { store.set(&id, &"x".repeat(bytes - 2), MINUTE).await })
}

/// Returns the errors of the calls that end within a second.
async fn refused(calls: &mut [JoinHandle<Result<()>>]) -> Vec<Error> {
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut errors = Vec::new();
    for call in calls.iter_mut().filter(|call| call.is_finished()) {
        errors.push(call.await.unwrap().unwrap_err());
    }
    errors
}

fn assert_overloaded(error: &Error) {
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Overloaded, true), "{error}");
    assert_eq!(error.option(), Some("max_waiting_bytes"), "{error}");
}

contract! {
    async fn the_bytes_that_wait_are_bounded_and_given_back(fixture: Fixture) {
        let builder = fixture.builder().timeout(Duration::from_secs(30)).max_waiting_bytes(1_000 * KIB);
        let store = fixture.set_up(builder).await;
        let lock = lock_table(&fixture).await;
        let mut sets: Vec<_> = (0..20).map(|id| spawn_set(&store, id.to_string(), 149 * KIB)).collect();
        let errors = refused(&mut sets).await;
        errors.iter().for_each(assert_overloaded);
        assert_eq!(errors.len(), 15, "five of them fit in three quarters of the limit");
        lock.batch_execute("ROLLBACK").await.unwrap();
        for set in sets.into_iter().filter(|set| !set.is_finished()) {
            set.await.unwrap().unwrap();
        }
        for id in 0..20 {
            spawn_set(&store, id.to_string(), 149 * KIB).await.unwrap().unwrap();
        }
    }

    async fn a_large_call_is_accepted_beside_small_ones(fixture: Fixture) {
        let builder = fixture.builder().timeout(Duration::from_secs(30)).max_waiting_bytes(4 * KIB);
        let store = fixture.set_up(builder).await;
        let lock = lock_table(&fixture).await;
        let small = spawn_set(&store, "small", KIB);
        tokio::task::yield_now().await;
        let large = spawn_set(&store, "large", 900 * KIB);
        tokio::task::yield_now().await;
        assert_overloaded(&spawn_set(&store, "another", 900 * KIB).await.unwrap().unwrap_err());
        lock.batch_execute("ROLLBACK").await.unwrap();
        small.await.unwrap().unwrap();
        large.await.unwrap().unwrap();
        let base = store.get("large").await.unwrap().unwrap();
        let _ = store.update(&base, &"y".repeat(900 * KIB), MINUTE).await.unwrap();
    }

    async fn one_session_has_a_share_of_the_bytes(fixture: Fixture) {
        let builder = fixture.builder().timeout(Duration::from_secs(30)).max_waiting_bytes(1_000 * KIB);
        let store = fixture.set_up(builder).await;
        let lock = lock_table(&fixture).await;
        let mut sets: Vec<_> = (0..50).map(|_| spawn_set(&store, "hot", 50 * KIB)).collect();
        let other = spawn_set(&store, "other", 100 * KIB);
        let errors = refused(&mut sets).await;
        errors.iter().for_each(assert_overloaded);
        assert!(errors.len() >= 47, "only {} were refused", errors.len());
        lock.batch_execute("ROLLBACK").await.unwrap();
        other.await.unwrap().unwrap();
        for set in sets.into_iter().filter(|set| !set.is_finished()) {
            set.await.unwrap().unwrap();
        }
        spawn_set(&store, "hot", 500 * KIB).await.unwrap().unwrap();
    }

    async fn updates_that_wait_to_merge_are_bounded(fixture: Fixture) {
        let builder = fixture.builder().timeout(Duration::from_secs(30)).max_waiting_bytes(2_000 * KIB);
        let store = fixture.set_up(builder).await;
        store.set("a", &json!({}), MINUTE).await.unwrap();
        let base = store.get("a").await.unwrap().unwrap();
        store.set("a", &json!({ "n": 1 }), MINUTE).await.unwrap();
        let mut updates = JoinSet::new();
        for n in 0..60 {
            let (store, base) = (store.clone(), base.clone());
            updates.spawn(async move {
                let data = json!({ n.to_string(): "x".repeat(60 * KIB) });
                store.update(&base, &data, MINUTE).await
            });
        }
        let (mut saved, mut refused) = (0, 0);
        while let Some(update) = updates.join_next().await {
            match update.unwrap() {
                Ok(_) => saved += 1,
                Err(error) if error.kind() == ErrorKind::TooLarge => {}
                Err(error) => {
                    assert_overloaded(&error);
                    refused += 1;
                }
            }
        }
        assert!(saved > 0 && refused > 0, "{saved} were saved, {refused} refused");
        store.set("a", &json!({}), MINUTE).await.unwrap();
    }
}

#[tokio::test]
async fn more_calls_on_one_session_than_can_wait_leave_room_for_others() {
    let fixture = Fixture::new(Via::Lanes);
    let store = fixture.store().await;
    store.set("other", &1, MINUTE).await.unwrap();
    store.set("hot", &1, MINUTE).await.unwrap();
    let lock = fixture.database.client().await;
    lock.batch_execute("BEGIN; SELECT FROM session WHERE id = 'hot' FOR UPDATE").await.unwrap();
    let mut sets: Vec<_> = (0..10_100).map(|_| spawn_set(&store, "hot", 100)).collect();
    // All of them have been called by then.
    let error = sets.pop().unwrap().await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.option()), (ErrorKind::Overloaded, Some("max_waiting")), "{error}");
    let started = Instant::now();
    assert!(store.get("other").await.unwrap().is_some());
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    lock.batch_execute("ROLLBACK").await.unwrap();
    let mut refused = 0;
    for set in sets.into_iter().filter(|set| !set.is_finished()) {
        refused += usize::from(set.await.unwrap().is_err());
    }
    assert_eq!(refused, 0);
}
