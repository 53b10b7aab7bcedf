//! Stores that several Tokio runtimes use. Whatever one of them does, the calls from the others are answered.

use std::sync::{Arc, LazyLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use pg_session::{PgStore, Result};
use pg_session_testkit::Database;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinSet, LocalSet};

use super::{Stalled, patient};
use crate::connection::tls::TlsServer;
use crate::via::{Fixture, MINUTE, Via};

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread(workers: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(workers).enable_all().build().unwrap()
}

fn build(database: &Database) -> PgStore {
    build_at(&database.url())
}

fn build_at(url: &str) -> PgStore {
    PgStore::builder(url).cleanup_interval(Duration::ZERO).build().unwrap()
}

async fn calls(store: &PgStore, caller: &str, count: usize) -> Result<()> {
    for n in 0..count {
        let id = &format!("{caller} {n}");
        store.set(id, &n, MINUTE).await?;
        assert_eq!(store.get(id).await?.unwrap().json(), n.to_string());
        assert!(store.destroy(id).await?);
    }
    Ok(())
}

/// Makes calls on a runtime of their own, and returns how long they took.
fn calls_on(runtime: &Runtime, store: &PgStore, caller: &str) -> Duration {
    let began = Instant::now();
    runtime
        .block_on(async { tokio::time::timeout(Duration::from_secs(20), calls(store, caller, 20)).await })
        .unwrap()
        .unwrap();
    began.elapsed()
}

const SOON: Duration = Duration::from_secs(4);

#[test]
fn a_runtime_that_ran_setup_and_is_never_driven_again_delays_no_call() {
    let database = Database::new();
    let store = build(&database);
    let idle = current_thread();
    idle.block_on(store.setup()).unwrap();
    let took = calls_on(&multi_thread(2), &store, "multi");
    assert!(took < SOON, "{took:?}");
    assert!(calls_on(&current_thread(), &store, "current") < SOON);
    drop(idle);
    assert!(calls_on(&current_thread(), &store, "after") < SOON);
    current_thread().block_on(store.close());
}

/// With a call of its own in flight and others from elsewhere waiting.
#[test]
fn a_blocked_worker_delays_no_call_from_elsewhere() {
    let database = Database::new();
    let store = build(&database);
    let (blocks, blocked) = mpsc::channel();
    let worker = thread::spawn({
        let store = store.clone();
        move || {
            current_thread().block_on(async {
                calls(&store, "worker", 5).await.unwrap();
                let mut in_flight = Box::pin(store.set("worker", &1, MINUTE));
                assert!(futures_poll(&mut in_flight).await);
                blocks.send(()).unwrap();
                thread::sleep(Duration::from_secs(6));
                in_flight.await
            })
        }
    });
    blocked.recv().unwrap();
    let took = calls_on(&current_thread(), &store, "elsewhere");
    assert!(took < SOON, "{took:?}");
    worker.join().unwrap().unwrap();
}

/// Polls once. Returns whether the future waits.
async fn futures_poll(future: &mut (impl Future + Unpin)) -> bool {
    std::future::poll_fn(|context| std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(context).is_pending()))
        .await
}

#[test]
fn no_call_fails_when_the_runtime_of_the_lanes_ends() {
    let fixture = Fixture::new(Via::Lanes);
    let store = build_at(&patient(&fixture));
    let (lanes, callers) = (multi_thread(1), multi_thread(2));
    lanes.block_on(store.setup()).unwrap();
    callers.block_on(async {
        let stalled = Stalled::new(&fixture, &store).await;
        let creates: JoinSet<_> = (0..20)
            .map(|n| {
                let store = store.clone();
                async move { store.create(&n.to_string(), &n, MINUTE).await }
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(100)).await;
        lanes.shutdown_background();
        stalled.end().await;
        for created in creates.join_all().await {
            assert_eq!(created.unwrap(), pg_session::Created::Created);
        }
    });
    assert!(calls_on(&current_thread(), &store, "later") < SOON);
}

/// The state of the encryption moves with the socket, amid large messages.
#[test]
fn no_call_over_tls_fails_when_the_runtime_of_the_lanes_ends() {
    let server = TlsServer::start_blocking();
    let store = build_at(&server.url("sslmode=require&options=-c%20lock_timeout%3D0"));
    let (lanes, callers) = (multi_thread(1), multi_thread(2));
    let large = "x".repeat(300_000);
    lanes.block_on(async {
        for n in 0..8 {
            store.set(&format!("large {n}"), &large, MINUTE).await.unwrap();
        }
    });
    callers.block_on(async {
        let other = server.client().await;
        let sql = "SELECT count(*), bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                   WHERE application_name = 'pg-session'";
        let row = other.query_one(sql, &[]).await.unwrap();
        assert!(row.get::<_, i64>(0) > 0 && row.get(1), "a connection is not encrypted");
        other.batch_execute("BEGIN; LOCK TABLE session").await.unwrap();
        let calls: JoinSet<_> = (0..8)
            .map(|n| {
                let (store, large) = (store.clone(), large.clone());
                async move {
                    let (old, new) = (format!("large {n}"), format!("new {n}"));
                    let (found, created) = tokio::join!(store.get(&old), store.create(&new, &large, MINUTE));
                    assert_eq!(found.unwrap().unwrap().json().len(), large.len() + 2);
                    assert_eq!(created.unwrap(), pg_session::Created::Created);
                }
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(100)).await;
        lanes.shutdown_background();
        other.batch_execute("COMMIT").await.unwrap();
        calls.join_all().await;
    });
    assert!(calls_on(&current_thread(), &store, "later") < SOON);
}

/// As eight `#[tokio::test]`s do with a store in a static.
#[test]
fn eight_runtimes_share_a_static_store() {
    static DATABASE: LazyLock<Database> = LazyLock::new(Database::new);
    static STORE: LazyLock<PgStore> = LazyLock::new(|| build(&DATABASE));
    for round in 0..3 {
        let tests: Vec<_> = (0..8)
            .map(|test| {
                thread::spawn(move || {
                    let runtime = if test % 2 == 0 { current_thread() } else { multi_thread(2) };
                    runtime.block_on(async {
                        STORE.setup().await?;
                        calls(&STORE, &format!("{round} {test}"), 5 + 7 * test).await
                    })
                })
            })
            .collect();
        let failures: Vec<_> = tests.into_iter().filter_map(|test| test.join().unwrap().err()).collect();
        assert!(failures.is_empty(), "{failures:#?}");
    }
}

#[test]
fn a_runtime_may_be_dropped_with_calls_under_way() {
    let fixture = Fixture::new(Via::Lanes);
    let store = Arc::new(build_at(&patient(&fixture)));
    let ours = multi_thread(1);
    ours.block_on(store.setup()).unwrap();
    let stalled = ours.block_on(Stalled::new(&fixture, &store));
    for _ in 0..3 {
        let theirs = multi_thread(1);
        for n in 0..50 {
            let store = Arc::clone(&store);
            theirs.spawn(async move { store.set(&n.to_string(), &n, MINUTE).await });
        }
        thread::sleep(Duration::from_millis(20));
        theirs.shutdown_background();
    }
    ours.block_on(stalled.end());
    assert!(calls_on(&current_thread(), &store, "later") < SOON);
}

#[test]
fn every_kind_of_caller_is_served() {
    let database = Database::new();
    let store = build(&database);
    let first = current_thread();
    first.block_on(LocalSet::new().run_until(async { calls(&store, "local", 5).await })).unwrap();
    multi_thread(2).block_on(async {
        let handle = tokio::runtime::Handle::current();
        let blocking = tokio::task::spawn_blocking({
            let store = store.clone();
            move || handle.block_on(calls(&store, "blocking", 5))
        });
        blocking.await.unwrap().unwrap();
        let worker = thread::spawn({
            let store = store.clone();
            move || {
                current_thread().block_on(LocalSet::new().run_until(async move { calls(&store, "worker", 5).await }))
            }
        });
        tokio::task::spawn_blocking(|| worker.join().unwrap()).await.unwrap().unwrap();
    });
    let ended = current_thread();
    let handle = ended.handle().clone();
    drop(ended);
    handle.block_on(calls(&store, "ended", 5)).unwrap();
}

/// A call of a runtime that stands still keeps no other from the table.
#[test]
fn a_setup_that_is_not_driven_delays_no_other() {
    let fixture = Fixture::new(Via::Lanes);
    let store = PgStore::builder(fixture.database.url()).timeout(Duration::from_secs(2)).build().unwrap();
    let idle = current_thread();
    let mut setup = Box::pin(store.setup());
    assert!(idle.block_on(futures_poll(&mut setup)));
    let began = Instant::now();
    current_thread().block_on(store.set("a", &1, MINUTE)).unwrap();
    assert!(began.elapsed() < Duration::from_millis(2_200), "{:?}", began.elapsed());
}
