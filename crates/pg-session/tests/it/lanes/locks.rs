//! Rows that another transaction has locked: nobody else waits with the calls on them.

use std::time::{Duration, Instant};

use pg_session::{ErrorKind, PgStore, PgStoreBuilder, Result};
use pg_session_testkit::{PgBouncer, Server};
use tokio::task::{JoinHandle, JoinSet};

use crate::via::{Fixture, MINUTE, Via};

/// What others may wait longer at most, and some slack for a busy machine.
const OTHERS: Duration = Duration::from_millis(100);
const SLACK: Duration = Duration::from_millis(50);

const HELD: Duration = Duration::from_millis(1_500);

/// Calls of every kind that locks rows.
async fn write(store: PgStore, id: String, kind: usize) -> Result<()> {
    match kind % 7 {
        0 => store.set(&id, &"held", MINUTE).await,
        1 => store.touch(&id, 50 * MINUTE).await.map(drop),
        2 => store.destroy(&id).await.map(drop),
        3 => store.create(&id, &"held", MINUTE).await.map(drop),
        4 => store.take(&id).await.map(drop),
        5 => store.rotate(&id, &format!("{id} new")).await.map(drop),
        _ => {
            let Some(base) = store.get(&id).await? else { return Ok(()) };
            store.update(&base, &"changed", MINUTE).await.map(drop)
        }
    }
}

/// Locks rows for a while. Meanwhile, others make calls of every kind. Returns the longest time of
/// a call without locks, and beside them.
async fn times_beside_locked_rows(fixture: &Fixture, store: &PgStore, locked: usize) -> (Duration, Duration) {
    fixture.sql("INSERT INTO session SELECT n::text, now() + '1 h', '0' FROM generate_series(0, 999) AS n").await;
    fixture.sql("INSERT INTO session SELECT 'held ' || n, now() + '1 h', '0' FROM generate_series(0, 99) AS n").await;
    // Opens the connections, and prepares the statements.
    for kind in 0..7 {
        write(store.clone(), format!("{}", 900 + kind), kind).await.unwrap();
    }
    let usual = longest_time(store, Instant::now() + HELD / 2).await;
    let other = fixture.database.client().await;
    let ids: Vec<_> = (0..locked).map(|n| format!("'held {n}'")).collect();
    let sql = format!("BEGIN; SELECT FROM session WHERE id IN ({}) FOR UPDATE", ids.join(", "));
    other.batch_execute(&sql).await.unwrap();
    let held: Vec<JoinHandle<Result<()>>> =
        (0..locked).map(|n| tokio::spawn(write(store.clone(), format!("held {n}"), n))).collect();
    let longest = longest_time(store, Instant::now() + HELD).await;
    assert!(held.iter().all(|call| !call.is_finished()), "a call on a locked row does not wait");
    let released = Instant::now();
    other.batch_execute("COMMIT").await.unwrap();
    for call in held {
        call.await.unwrap().unwrap();
    }
    assert!(
        released.elapsed() < Duration::from_secs(2),
        "the calls on rows that are free take {:?}",
        released.elapsed()
    );
    (usual, longest)
}

/// Makes calls of every kind, each caller on rows of its own. Returns the longest time of a call.
async fn longest_time(store: &PgStore, end: Instant) -> Duration {
    let callers: JoinSet<_> = (0..64)
        .map(|caller: usize| {
            let store = store.clone();
            async move {
                let mut longest = Duration::ZERO;
                for n in (0..).take_while(|_| Instant::now() < end) {
                    let called = Instant::now();
                    if n % 2 == 0 {
                        store.get(&caller.to_string()).await.unwrap();
                    } else {
                        write(store.clone(), (64 + 13 * caller + n % 13).to_string(), n / 2).await.unwrap();
                    }
                    longest = longest.max(called.elapsed());
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                longest
            }
        })
        .collect();
    callers.join_all().await.into_iter().max().unwrap_or_default()
}

async fn assert_nobody_waits(url: &str, fixture: &Fixture, set: fn(PgStoreBuilder) -> PgStoreBuilder, locked: usize) {
    let store = fixture.set_up(set(fixture.builder_at(url))).await;
    let (usual, longest) = times_beside_locked_rows(fixture, &store, locked).await;
    assert!(longest < usual + OTHERS + SLACK, "{locked} locked rows: {longest:?}, without {usual:?}");
}

#[tokio::test]
async fn nobody_waits_with_one_locked_row() {
    let fixture = Fixture::new(Via::Lanes);
    assert_nobody_waits(&fixture.database.url(), &fixture, |builder| builder, 1).await;
}

#[tokio::test]
async fn nobody_waits_with_three_locked_rows() {
    let fixture = Fixture::new(Via::Lanes);
    assert_nobody_waits(&fixture.database.url(), &fixture, |builder| builder, 3).await;
}

#[tokio::test]
async fn nobody_waits_with_twenty_locked_rows() {
    let fixture = Fixture::new(Via::Lanes);
    assert_nobody_waits(&fixture.database.url(), &fixture, |builder| builder, 20).await;
}

#[tokio::test]
async fn nobody_waits_with_locked_rows_on_one_connection() {
    let fixture = Fixture::new(Via::Lanes);
    assert_nobody_waits(&fixture.database.url(), &fixture, |builder| builder.connections(1), 7).await;
}

#[tokio::test]
async fn nobody_waits_with_locked_rows_behind_a_pooler() {
    let Some(pooler) = PgBouncer::start(Server::shared(), 4, &[]).unwrap() else { return };
    let fixture = Fixture::new(Via::Lanes);
    assert_nobody_waits(&pooler.address().url(fixture.database.name()), &fixture, |builder| builder, 7).await;
}

/// Calls on a locked row keep their order, and fail at their time limit as calls that did not run.
#[tokio::test]
async fn a_call_on_a_row_that_stays_locked_may_be_repeated() {
    let fixture = Fixture::new(Via::Lanes);
    let store = fixture.set_up(fixture.builder().timeout(Duration::from_millis(700))).await;
    store.set("held", &0, MINUTE).await.unwrap();
    let other = fixture.database.client().await;
    other.batch_execute("BEGIN; SELECT FROM session WHERE id = 'held' FOR UPDATE").await.unwrap();
    let (began, create) = (Instant::now(), store.create("held", &1, MINUTE));
    let error = create.await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, true), "{error}");
    assert!(error.to_string().contains("locked") && error.to_string().contains("700ms"), "{error}");
    assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
    let sets: Vec<_> = (1..=5)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.set("held", &n, MINUTE).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    other.batch_execute("COMMIT").await.unwrap();
    for set in sets {
        set.await.unwrap().unwrap();
    }
    assert_eq!(store.get("held").await.unwrap().unwrap().json(), "5");
}

/// A lock_timeout of the application's own is left alone.
#[tokio::test]
async fn a_lock_timeout_in_the_connection_string_is_kept() {
    let fixture = Fixture::new(Via::Lanes);
    let url = format!("{}?options=-c%20lock_timeout%3D300", fixture.database.url());
    let store = fixture.set_up(fixture.builder_at(&url)).await;
    store.set("held", &0, MINUTE).await.unwrap();
    let other = fixture.database.client().await;
    other.batch_execute("BEGIN; SELECT FROM session WHERE id = 'held' FOR UPDATE").await.unwrap();
    let error = store.set("held", &1, MINUTE).await.unwrap_err();
    assert_eq!((error.sqlstate(), error.is_retryable()), (Some("55P03"), true), "{error}");
}
