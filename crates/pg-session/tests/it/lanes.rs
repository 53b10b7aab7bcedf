//! Many calls that share a connection.

mod locks;
mod runtimes;
mod table_lock;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pg_session::{Created, ErrorKind, PgStore, PgStoreBuilder, Result};
use pg_session_testkit::Proxy;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use crate::via::{Fixture, MINUTE, Via};

async fn one_lane(fixture: &Fixture, set: impl FnOnce(PgStoreBuilder) -> PgStoreBuilder) -> PgStore {
    fixture.set_up(set(fixture.builder_at(&patient(fixture)).connections(1).touch_every(Duration::ZERO))).await
}

/// The URL of a store whose calls wait for locks in PostgreSQL, and keep their lane busy.
pub(crate) fn patient(fixture: &Fixture) -> String {
    format!("{}?options=-c%20lock_timeout%3D0", fixture.database.url())
}

/// The connections of the stores.
const OURS: &str = "FROM pg_stat_activity WHERE application_name = 'pg-session' AND datname = current_database()";

/// Shows a setting that the store makes.
pub(crate) const SETTINGS: &str = "current_setting('enable_seqscan') || ' ' || current_setting('statement_timeout')";

/// A busy lane: its set waits for a row that another transaction has locked.
struct Stalled {
    other: tokio_postgres::Client,
    set: JoinHandle<Result<()>>,
}

impl Stalled {
    async fn new(fixture: &Fixture, store: &PgStore) -> Self {
        Self::by("SELECT FROM session WHERE id = 'held' FOR UPDATE", fixture, store).await
    }

    /// Stalls all writes, on whichever lane.
    async fn all_writes(fixture: &Fixture, store: &PgStore) -> Self {
        Self::by("LOCK TABLE session IN SHARE MODE", fixture, store).await
    }

    async fn by(lock: &str, fixture: &Fixture, store: &PgStore) -> Self {
        let other = fixture.database.client().await;
        let insert = "INSERT INTO session VALUES ('held', now() + '1 h', '0') ON CONFLICT DO NOTHING";
        other.batch_execute(&format!("{insert}; BEGIN; {lock}")).await.unwrap();
        let set = spawn_set(store, "held");
        fixture.until_one_waits().await;
        Self { other, set }
    }

    async fn end(self) {
        self.other.batch_execute("COMMIT").await.unwrap();
        self.set.await.unwrap().unwrap();
    }
}

fn spawn_set(store: &PgStore, id: &'static str) -> JoinHandle<Result<()>> {
    let store = store.clone();
    tokio::spawn(async move { store.set(id, &0, MINUTE).await })
}

/// Lets everything run that can, on the test's single thread: spawned tasks have made their calls, and lanes have sent them.
async fn run_all_tasks() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn batched_calls_return_what_single_calls_return() {
    batched_calls_return_what_single_calls_return_for("json").await;
    batched_calls_return_what_single_calls_return_for("jsonb").await;
}

async fn batched_calls_return_what_single_calls_return_for(json: &str) {
    let fixture = Fixture::new(Via::Lanes);
    fixture.sql(&format!("CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session {json})")).await;
    let store = one_lane(&fixture, |builder| builder.touch_every(10 * MINUTE)).await;
    let sql = "INSERT INTO session VALUES ('endless', 'infinity', '1'), ('null', now() + '9 min', NULL), \
               ('expired', now() - interval '1 s', '2'), ('soon', now() + '9 min', '3'), ('late', now() + '40 min', '4')";
    fixture.sql(sql).await;
    let ids = ["endless", "expired", "late", "missing", "null", "soon"];
    let [a, b, c, d, e, f] = ids.map(|id| store.get(id));
    let (a, b, c, d, e, f) = tokio::join!(a, b, c, d, e, f);
    for (id, together) in ids.into_iter().zip([a, b, c, d, e, f]) {
        let (together, alone) = (together.unwrap(), store.get(id).await.unwrap());
        let json = |session: &Option<pg_session::Session>| session.as_ref().map(|session| session.json().to_owned());
        assert_eq!(json(&together), json(&alone), "{id}");
        let left =
            |session: Option<pg_session::Session>| session.map_or(Duration::ZERO, |session| session.expires_in());
        assert!(left(together).abs_diff(left(alone)) < MINUTE, "{id}");
    }

    let [a, b, c, d, e, f] = ids.map(|id| store.touch(id, 45 * MINUTE));
    let (a, b, c, d, e, f) = tokio::join!(a, b, c, d, e, f);
    assert_eq!([a, b, c, d, e, f].map(Result::unwrap), [true, false, true, false, true, true]);
    // Within ten minutes of the new expiry, nothing is written.
    let moved =
        "SELECT string_agg(id, ' ' ORDER BY id) FROM session WHERE expiry > now() + '44 min' AND isfinite(expiry)";
    assert_eq!(fixture.value(moved).await, "endless null soon");
}

#[tokio::test]
async fn a_touch_that_shortens_a_session_makes_its_batch_wait_for_the_disk() {
    let fixture = Fixture::new(Via::Lanes);
    fixture.watch("UPDATE", "current_setting('synchronous_commit')").await;
    for touch_every in [Duration::ZERO, MINUTE] {
        let store = one_lane(&fixture, |builder| builder.touch_every(touch_every)).await;
        fixture
            .sql(
                "TRUNCATE session; INSERT INTO session SELECT id, now() + '9 min' FROM unnest('{a,b,c}'::text[]) AS id",
            )
            .await;
        let (a, b, c) =
            tokio::join!(store.touch("a", 20 * MINUTE), store.touch("b", 2 * MINUTE), store.touch("c", 20 * MINUTE));
        assert_eq!([a, b, c].map(Result::unwrap), [true; 3]);
        assert_eq!(fixture.seen().await, "on, on, on", "touch_every: {touch_every:?}");
    }
}

#[tokio::test]
async fn a_failing_call_does_not_fail_its_batch() {
    let fixture = Fixture::new(Via::Lanes);
    fixture.sql("CREATE TABLE session (id varchar(9) PRIMARY KEY, expiry timestamptz, session jsonb)").await;
    let store = one_lane(&fixture, |builder| builder).await;
    let stalled = Stalled::new(&fixture, &store).await;
    let mut calls = JoinSet::new();
    for n in 0..100 {
        let store = store.clone();
        calls.spawn(async move {
            match n % 10 {
                0 => (false, store.set(&n.to_string(), &"\0", MINUTE).await),
                1 => (false, store.create(&format!("longer than nine {n}"), &n, MINUTE).await.map(drop)),
                2 => (
                    true,
                    store.create(&n.to_string(), &n, MINUTE).await.map(|created| assert_eq!(created, Created::Created)),
                ),
                _ => (true, store.set(&n.to_string(), &n, MINUTE).await),
            }
        });
    }
    tokio::task::yield_now().await;
    stalled.end().await;
    while let Some(done) = calls.join_next().await {
        let (good, outcome) = done.unwrap();
        assert_eq!(outcome.map_err(|error| error.kind()), if good { Ok(()) } else { Err(ErrorKind::InvalidInput) });
    }
    assert_eq!(fixture.value("SELECT count(*) FROM session").await, "81");
}

#[tokio::test]
async fn a_refused_set_fails_even_if_another_set_follows() {
    let fixture = Fixture::new(Via::Lanes);
    fixture.sql("CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session jsonb)").await;
    let store = one_lane(&fixture, |builder| builder).await;
    let stalled = Stalled::new(&fixture, &store).await;
    let set = |data: &'static str| {
        let store = store.clone();
        tokio::spawn(async move { store.set("a", &data, MINUTE).await })
    };
    let (good, refused, equal, last) = (set("1"), set("\0"), set("\0"), set("2"));
    run_all_tasks().await;
    stalled.end().await;
    good.await.unwrap().unwrap();
    for refused in [refused, equal] {
        assert_eq!(refused.await.unwrap().unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    last.await.unwrap().unwrap();
    assert_eq!(store.get("a").await.unwrap().unwrap().json(), "\"2\"");
}

#[tokio::test]
async fn gets_of_missing_sessions_share_statements() {
    let fixture = Fixture::new(Via::Lanes);
    let proxy = Proxy::start(&fixture.database.url()).await.unwrap();
    let store = fixture.set_up(fixture.builder_at(proxy.url())).await;
    let before = proxy.statements();
    let mut gets = JoinSet::new();
    for n in 0..200 {
        let store = store.clone();
        gets.spawn(async move { store.get(&n.to_string()).await });
    }
    while let Some(get) = gets.join_next().await {
        assert_eq!(get.unwrap().unwrap(), None);
    }
    let sent = proxy.statements() - before;
    assert!(sent < 20, "{sent} statements");
}

#[tokio::test]
async fn calls_that_are_sent_again_precede_later_calls() {
    let fixture = Fixture::new(Via::Lanes);
    fixture.sql("CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session jsonb)").await;
    let store = one_lane(&fixture, |builder| builder).await;
    let stalled = Stalled::new(&fixture, &store).await;
    let other = fixture.database.client().await;
    other.batch_execute("BEGIN; INSERT INTO session VALUES ('a', now(), '0')").await.unwrap();
    let set = |id: &'static str, data: &'static str| {
        let store = store.clone();
        tokio::spawn(async move { store.set(id, data, MINUTE).await })
    };
    // One batch: it waits for the first row, and fails because of the last.
    let batch = [set("a", "1"), set("b", "1"), set("c", "\0")];
    tokio::task::yield_now().await;
    stalled.end().await;
    fixture.until_one_waits().await;
    let later = set("b", "2");
    tokio::task::yield_now().await;
    other.batch_execute("COMMIT").await.unwrap();
    let [a, b, c] = batch;
    a.await.unwrap().unwrap();
    b.await.unwrap().unwrap();
    assert_eq!(c.await.unwrap().unwrap_err().kind(), ErrorKind::InvalidInput);
    later.await.unwrap().unwrap();
    assert_eq!(store.get("b").await.unwrap().unwrap().json(), r#""2""#);
}

#[tokio::test]
async fn calls_that_are_sent_again_precede_the_next_batch() {
    let fixture = Fixture::new(Via::Lanes);
    fixture.sql("CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session jsonb)").await;
    let store = one_lane(&fixture, |builder| builder).await;
    let other = fixture.database.client().await;
    other.batch_execute("BEGIN; INSERT INTO session VALUES ('a', now(), '0')").await.unwrap();
    let stalled = Stalled::new(&fixture, &store).await;
    let set = |id: String, data: &'static str| {
        let store = store.clone();
        tokio::spawn(async move { store.set(&id, data, MINUTE).await })
    };
    let mut good: Vec<_> = ["a", "b"].map(|id| set(id.into(), "1")).into();
    let bad = set("c".into(), "\0");
    tokio::task::yield_now().await;
    stalled.end().await;
    fixture.until_one_waits().await;
    // Enough calls to be sent behind the batch that waits for the row.
    good.push(set("b".into(), "2"));
    good.extend((0..100).map(|n| set(format!("later {n}"), "2")));
    run_all_tasks().await;
    other.batch_execute("COMMIT").await.unwrap();
    for set in good {
        set.await.unwrap().unwrap();
    }
    assert_eq!(bad.await.unwrap().unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(store.get("b").await.unwrap().unwrap().json(), r#""2""#);
    assert_eq!(fixture.value("SELECT count(*) FROM session").await, "103");
}

#[tokio::test]
async fn calls_on_one_id_wait_for_the_one_in_flight() {
    let fixture = Fixture::new(Via::Lanes);
    let store = one_lane(&fixture, |builder| builder).await;
    let stalled = Stalled::new(&fixture, &store).await;
    let sets: Vec<_> = (0..150)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.set("held", &n, MINUTE).await })
        })
        .collect();
    run_all_tasks().await;
    stalled.end().await;
    for set in sets {
        set.await.unwrap().unwrap();
    }
    assert_eq!(store.get("held").await.unwrap().unwrap().json(), "149");
}

#[tokio::test]
async fn bytes_in_flight_are_bounded() {
    let fixture = Fixture::new(Via::Lanes);
    let store = one_lane(&fixture, |builder| builder).await;
    let stalled = Stalled::all_writes(&fixture, &store).await;
    let data: Arc<RawValue> = RawValue::from_string(format!("\"{}\"", "x".repeat(200_000))).unwrap().into();
    let sets: Vec<_> = (0..300)
        .map(|n| {
            let (store, data) = (store.clone(), Arc::clone(&data));
            tokio::spawn(async move { store.set(&n.to_string(), &*data, MINUTE).await })
        })
        .collect();
    run_all_tasks().await;
    // Dropped calls are not sent: what is stored in the end was in flight, mostly in the kernel's buffers.
    sets.iter().for_each(JoinHandle::abort);
    run_all_tasks().await;
    stalled.end().await;
    store.close().await;
    let sent: usize = fixture.value("SELECT count(*) FROM session WHERE id <> 'held'").await.parse().unwrap();
    assert!((1..100).contains(&sent), "{sent} of 200,000 bytes each");
}

#[tokio::test]
async fn the_fate_of_calls_behind_a_fatal_refusal_is_unknown() {
    let fixture = Fixture::new(Via::Lanes);
    let store = one_lane(&fixture, |builder| builder).await;
    let sql = "CREATE FUNCTION full_() RETURNS trigger LANGUAGE plpgsql AS \
               $$ BEGIN RAISE 'shutting down' USING ERRCODE = '57P01'; END $$; \
               CREATE TRIGGER full_ BEFORE INSERT ON session FOR EACH ROW WHEN (NEW.id = 'full') EXECUTE FUNCTION full_()";
    fixture.sql(sql).await;
    let stalled = Stalled::new(&fixture, &store).await;
    let other = fixture.database.client().await;
    other.batch_execute("BEGIN; INSERT INTO session VALUES ('a', now(), '0')").await.unwrap();
    // Two batches, one behind the other: the first waits for a row, and is then refused.
    let ids = ["a".to_owned(), "full".to_owned()].into_iter().chain((0..98).map(|n| format!("{n:02}")));
    let creates: Vec<_> = ids
        .map(|id| {
            let store = store.clone();
            tokio::spawn(async move { store.create(&id, &1, MINUTE).await })
        })
        .collect();
    run_all_tasks().await;
    stalled.end().await;
    fixture.until_one_waits().await;
    run_all_tasks().await;
    other.batch_execute("COMMIT").await.unwrap();
    for (n, create) in creates.into_iter().enumerate() {
        let error = create.await.unwrap().unwrap_err();
        if n < 50 {
            assert_eq!((error.sqlstate(), error.is_retryable()), (Some("57P01"), true));
        } else {
            assert!(!error.is_retryable() && error.to_string().contains("unknown"), "{n}: {error}");
        }
    }
}

#[tokio::test]
async fn no_lane_takes_a_call_after_a_dropped_close() {
    let fixture = Fixture::new(Via::Lanes);
    let store = fixture.store().await;
    let stalled = Stalled::new(&fixture, &store).await;
    assert!(tokio::time::timeout(Duration::from_millis(50), store.close()).await.is_err());
    for n in 0..10 {
        let error = store.get(&n.to_string()).await.unwrap_err();
        assert!(error.to_string().contains("closed"), "{error}");
    }
    stalled.end().await;
}

#[tokio::test]
async fn a_call_that_waits_for_a_lock_delays_no_other() {
    let fixture = Fixture::new(Via::Lanes);
    let store = fixture.set_up(fixture.builder().connections(2)).await;
    let stalled = Stalled::new(&fixture, &store).await;
    let began = Instant::now();
    store.set("other", &1, MINUTE).await.unwrap();
    assert!(store.get("other").await.unwrap().is_some());
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    stalled.end().await;
}

#[tokio::test]
async fn reads_do_not_wait_for_writes() {
    let fixture = Fixture::new(Via::Lanes);
    let store = fixture.set_up(fixture.builder().connections(2)).await;
    let stalled = Stalled::new(&fixture, &store).await;
    let began = Instant::now();
    for n in 0..100 {
        assert!(store.get(&n.to_string()).await.unwrap().is_none());
    }
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    stalled.end().await;
}

/// A caller without a Tokio runtime can use lanes that run on another one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_without_a_runtime_uses_lanes_on_another_runtime() {
    let fixture = Fixture::new(Via::Lanes);
    let store = fixture.set_up(fixture.builder().connections(2)).await;
    let stalled = Stalled::new(&fixture, &store).await;
    let (asks, asked) = oneshot::channel();
    let got = std::thread::spawn({
        let store = store.clone();
        move || {
            let mut asks = Some(asks);
            let mut get = std::pin::pin!(store.get("a"));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            loop {
                match get.as_mut().poll(&mut context) {
                    std::task::Poll::Ready(got) => return got.map(|session| session.is_none()),
                    std::task::Poll::Pending => {
                        asks.take().map(|asks| asks.send(()));
                        std::thread::sleep(Duration::from_millis(5));
                    }
                }
            }
        }
    });
    // A call with a runtime serves both.
    asked.await.unwrap();
    assert!(store.get("b").await.unwrap().is_none());
    assert!(tokio::task::spawn_blocking(|| got.join().unwrap()).await.unwrap().unwrap());
    stalled.end().await;
    store.close().await;
}

#[tokio::test]
async fn waiting_calls_are_bounded() {
    let fixture = Fixture::new(Via::Lanes);
    let store = one_lane(&fixture, |builder| builder.max_waiting(3)).await;
    let stalled = Stalled::new(&fixture, &store).await;
    let waiting = [(); 3].map(|()| spawn_set(&store, "a"));
    tokio::task::yield_now().await;
    let error = store.get("a").await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Overloaded, true));
    assert!(error.to_string().contains("max_waiting"), "{error}");
    stalled.end().await;
    for set in waiting {
        set.await.unwrap().unwrap();
    }
    store.get("a").await.unwrap().unwrap();
}

#[tokio::test]
async fn a_dropped_call_is_not_sent() {
    let fixture = Fixture::new(Via::Lanes);
    let store = one_lane(&fixture, |builder| builder).await;
    let stalled = Stalled::new(&fixture, &store).await;
    let dropped = tokio::time::timeout(Duration::from_millis(20), store.set("dropped", &1, MINUTE)).await;
    assert!(dropped.is_err());
    let kept = spawn_set(&store, "kept");
    stalled.end().await;
    kept.await.unwrap().unwrap();
    assert_eq!(fixture.value("SELECT string_agg(id, ' ' ORDER BY id) FROM session").await, "held kept");
}

#[tokio::test]
async fn the_first_of_coalesced_calls_may_be_dropped() {
    let fixture = Fixture::new(Via::Lanes);
    let store = one_lane(&fixture, |builder| builder).await;
    let stalled = Stalled::new(&fixture, &store).await;
    let waiting = spawn_set(&store, "a");
    tokio::task::yield_now().await;
    stalled.set.abort();
    stalled.other.batch_execute("COMMIT").await.unwrap();
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn calls_on_one_id_keep_their_order() {
    let fixture = Fixture::new(Via::Lanes);
    let store = fixture.store().await;
    for round in 0..50 {
        let id = &round.to_string();
        // All calls are made before the first is answered, in this order.
        let (one, gone, other, moved, read, last) = tokio::join!(
            store.set(id, &1, MINUTE),
            store.destroy(id),
            store.create(id, &2, MINUTE),
            store.touch(id, 9 * MINUTE),
            store.get(id),
            store.set(id, &3, MINUTE),
        );
        one.unwrap();
        assert!(gone.unwrap());
        assert_eq!(other.unwrap(), Created::Created);
        assert!(moved.unwrap());
        let read = read.unwrap().unwrap();
        assert_eq!(read.json(), "2");
        assert!(read.expires_in() > 8 * MINUTE);
        last.unwrap();
        assert_eq!(store.get(id).await.unwrap().unwrap().json(), "3");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_get_sees_the_set_before_it_under_load() {
    let fixture = Fixture::new(Via::Lanes);
    let store = fixture.store().await;
    let mut callers: JoinSet<Result<()>> = JoinSet::new();
    for caller in 0..200 {
        let store = store.clone();
        callers.spawn(async move {
            let id = &format!("caller {caller}");
            for n in 0..20 {
                let data = json!({ "caller": caller, "n": n, "pad": "x".repeat(caller * 10) });
                store.set(id, &data, MINUTE).await?;
                assert_eq!(store.get(id).await?.unwrap().decode::<serde_json::Value>()?, data);
                assert!(store.touch(id, MINUTE).await?);
            }
            assert!(store.destroy(id).await?);
            Ok(())
        });
    }
    while let Some(done) = callers.join_next().await {
        done.unwrap().unwrap();
    }
}

/// Two stores write the same few sessions in batches of every kind, without a deadlock.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn batches_never_deadlock() {
    let fixture = Fixture::new(Via::Lanes);
    // Sixteen ids that most collations sort differently than by their bytes.
    let ids = ["a", "B", "c", "D", "é", "E", "_f", "F", "g-", "G", "h", "H0", "i", "I", "j", "J"];
    let stores = [one_lane(&fixture, |builder| builder).await, one_lane(&fixture, |builder| builder).await];
    let mut callers: JoinSet<Result<()>> = JoinSet::new();
    for caller in 0..64_usize {
        let store = stores[caller % 2].clone();
        callers.spawn(async move {
            for n in 0..40 {
                let id = ids[(caller * 7 + n * 5) % ids.len()];
                match (caller + n) % 8 {
                    0..3 => store.set(id, &n, MINUTE).await?,
                    3..6 => drop(store.touch(id, MINUTE).await?),
                    6 => drop(store.destroy(id).await?),
                    _ => drop(store.create(id, &n, MINUTE).await?),
                }
            }
            Ok(())
        });
    }
    while let Some(done) = callers.join_next().await {
        done.unwrap().unwrap();
    }
    for store in stores {
        store.close().await;
    }
    // A server process reports its statistics before it leaves the list of processes.
    fixture.until(&format!("SELECT count(*) {OURS}"), "0").await;
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(fixture.value(deadlocks).await, "0");
}

#[tokio::test]
async fn lost_connections_are_replaced_under_load() {
    let fixture = Fixture::new(Via::Lanes);
    let store = fixture.store().await;
    let is_finished = Arc::new(AtomicBool::new(false));
    let mut callers: JoinSet<Result<()>> = JoinSet::new();
    for caller in 0..32 {
        let (store, is_finished) = (store.clone(), Arc::clone(&is_finished));
        callers.spawn(async move {
            let id = &caller.to_string();
            for n in (0..).take_while(|_| !is_finished.load(Ordering::Relaxed)) {
                store.set(id, &n, MINUTE).await?;
                assert_eq!(store.get(id).await?.unwrap().decode::<i32>()?, n);
            }
            Ok(())
        });
    }
    let killer = fixture.database.client().await;
    let kill = format!("SELECT count(pg_terminate_backend(pid)) {OURS}");
    let mut killed = 0;
    while killed < 20 {
        killed += killer.query_one(&kill, &[]).await.unwrap().get::<_, i64>(0);
        // A call is sent only a few times.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    is_finished.store(true, Ordering::Relaxed);
    while let Some(done) = callers.join_next().await {
        done.unwrap().unwrap();
    }
}

/// Every write deallocates the prepared statements, as if a transaction pooler used another server process.
#[tokio::test]
async fn statements_are_unnamed_after_prepared_ones_were_lost() {
    let fixture = Fixture::new(Via::Lanes);
    let store = fixture.set_up(fixture.builder().connections(2)).await;
    let all = async |round: i32| {
        for n in 0..10 {
            let (id, new) = (&n.to_string(), format!("{round} {n}"));
            store.set(id, &round, MINUTE).await.unwrap();
            assert_eq!(store.get(id).await.unwrap().unwrap().decode::<i32>().unwrap(), round);
            // A create must not run twice. One that was refused because of its statement's name did not run.
            assert_eq!(store.create(&new, &n, MINUTE).await.unwrap(), Created::Created);
        }
    };
    // Both connections have prepared everything, and then lose it.
    all(1).await;
    let processes = format!("SELECT string_agg(pid::text, ' ' ORDER BY pid) {OURS}");
    let before = fixture.value(&processes).await;
    let sql = "CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS \
               $$ BEGIN EXECUTE 'DEALLOCATE ALL'; RETURN NULL; END $$; \
               CREATE TRIGGER forget AFTER INSERT ON session FOR EACH STATEMENT EXECUTE FUNCTION forget()";
    fixture.sql(sql).await;
    all(2).await;
    assert_eq!(fixture.value(&processes).await, before);
}

/// A pooler may give a store the server process that another store has used.
#[tokio::test]
async fn one_name_stands_for_one_statement_in_all_stores() {
    let fixture = Fixture::new(Via::Lanes);
    let sql = "CREATE TABLE prepared (process int, name text, sql text); \
               CREATE TABLE a (id text PRIMARY KEY, expiry timestamptz, session json); \
               CREATE TABLE b (id text PRIMARY KEY, expiry timestamptz, session json); \
               CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS \
               $$ BEGIN INSERT INTO public.prepared SELECT pg_backend_pid(), name, statement FROM pg_prepared_statements; \
               RETURN NULL; END $$; \
               CREATE TRIGGER look AFTER DELETE ON a FOR EACH STATEMENT EXECUTE FUNCTION look(); \
               CREATE TRIGGER look AFTER DELETE ON b FOR EACH STATEMENT EXECUTE FUNCTION look()";
    fixture.sql(sql).await;
    for (table, reads_first) in [("a", true), ("b", false)] {
        let store = one_lane(&fixture, |builder| builder.table(table)).await;
        if reads_first {
            assert!(store.get("id").await.unwrap().is_none());
        }
        store.set("id", &1, MINUTE).await.unwrap();
        assert!(store.touch("id", MINUTE).await.unwrap());
        assert!(store.destroy("id").await.unwrap());
    }
    assert_eq!(
        fixture.value("SELECT count(DISTINCT process) || ' ' || count(DISTINCT name) FROM prepared").await,
        "2 7"
    );
    let ambiguous = "SELECT count(*) FROM (SELECT name FROM prepared GROUP BY name HAVING min(sql) <> max(sql)) AS n";
    assert_eq!(fixture.value(ambiguous).await, "0");
}

#[tokio::test]
async fn statements_are_prepared_again_for_an_altered_table() {
    let fixture = Fixture::new(Via::Lanes);
    let table = "CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session json); \
                 CREATE TRIGGER look AFTER DELETE ON session FOR EACH STATEMENT EXECUTE FUNCTION look()";
    let sql = "CREATE TABLE prepared (at timestamptz); CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS \
               $$ BEGIN INSERT INTO public.prepared SELECT prepare_time FROM pg_prepared_statements; RETURN NULL; END $$";
    fixture.sql(&format!("{sql}; {table}")).await;
    let store = one_lane(&fixture, |builder| builder).await;
    assert!(!store.destroy("a").await.unwrap());
    fixture.sql("DROP TABLE session; TRUNCATE prepared").await;
    assert_eq!(store.destroy("a").await.unwrap_err().kind(), ErrorKind::Setup);
    fixture.sql(table).await;
    let now = fixture.value("SELECT clock_timestamp()").await;
    assert!(!store.destroy("a").await.unwrap());
    assert_eq!(fixture.value(&format!("SELECT string_agg((at > '{now}')::text, ' ') FROM prepared")).await, "true");
}

/// Also if each statement may run in another server process, behind a pooler.
#[tokio::test]
async fn statements_run_with_the_settings_of_the_store() {
    let fixture = Fixture::new(Via::Lanes);
    fixture.watch("INSERT OR UPDATE", SETTINGS).await;
    for prepare in [true, false] {
        let set = |builder: PgStoreBuilder| builder.prepare(prepare).timeout(Duration::from_secs(2));
        let store = one_lane(&fixture, set).await;
        let (one, other) = tokio::join!(store.set("a", &1, MINUTE), store.set("b", &1, MINUTE));
        assert_eq!([one, other].map(Result::unwrap), [(); 2]);
        store.set("a", &1, MINUTE).await.unwrap();
        assert_eq!(fixture.seen().await, "off 2200ms, off 2200ms, off 2200ms", "prepared: {prepare}");
    }
}

#[tokio::test]
async fn an_abandoned_unnamed_statement_times_out() {
    let fixture = Fixture::new(Via::Lanes);
    let set = |builder: PgStoreBuilder| builder.prepare(false).timeout(Duration::from_secs(2));
    let store = one_lane(&fixture, set).await;
    let stalled = Stalled::new(&fixture, &store).await;
    let waiting = format!("SELECT count(*) {OURS} AND wait_event_type = 'Lock'");
    fixture.until(&waiting, "0").await;
    assert!(stalled.set.await.unwrap().is_err());
}

#[tokio::test]
async fn calls_of_one_kind_are_one_statement() {
    let fixture = Fixture::new(Via::Lanes);
    let store = one_lane(&fixture, |builder| builder).await;
    let sql = "CREATE TABLE sent (what text); \
               CREATE FUNCTION sent() RETURNS trigger LANGUAGE plpgsql AS \
               $$ BEGIN INSERT INTO public.sent VALUES (TG_OP); RETURN NULL; END $$; \
               CREATE TRIGGER sent AFTER INSERT OR UPDATE OR DELETE ON session FOR EACH STATEMENT EXECUTE FUNCTION sent()";
    fixture.sql(sql).await;
    let (one, other) = tokio::join!(store.create("a", &1, MINUTE), store.create("b", &1, MINUTE));
    assert_eq!([one, other].map(Result::unwrap), [Created::Created; 2]);
    let (one, other) = tokio::join!(store.set("a", &2, MINUTE), store.set("b", &2, MINUTE));
    assert_eq!([one, other].map(Result::unwrap), [(); 2]);
    let (one, other) = tokio::join!(store.touch("a", MINUTE), store.touch("b", MINUTE));
    assert_eq!([one, other].map(Result::unwrap), [true; 2]);
    let (one, other) = tokio::join!(store.destroy("a"), store.destroy("b"));
    assert_eq!([one, other].map(Result::unwrap), [true; 2]);
    // INSERT … ON CONFLICT DO UPDATE counts as both.
    let sent = "SELECT string_agg(what || count, ' ' ORDER BY what) \
                FROM (SELECT what, count(*) FROM sent GROUP BY what) AS s";
    assert_eq!(fixture.value(sent).await, "DELETE1 INSERT2 UPDATE3");
}

#[tokio::test]
async fn unnamed_statements_return_the_same() {
    let fixture = Fixture::new(Via::Lanes);
    let store = one_lane(&fixture, |builder| builder.prepare(false)).await;
    let ids: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    let mut calls: JoinSet<Result<bool>> = JoinSet::new();
    for id in ids {
        let store = store.clone();
        calls.spawn(async move {
            store.set(&id, &id, MINUTE).await?;
            assert!(store.touch(&id, 2 * MINUTE).await?);
            assert_eq!(store.get(&id).await?.unwrap().decode::<String>()?, id);
            store.destroy(&id).await
        });
    }
    while let Some(done) = calls.join_next().await {
        assert!(done.unwrap().unwrap());
    }
}

#[test]
fn a_first_call_without_a_runtime_is_served_or_refused() {
    let database = pg_session_testkit::Database::new();
    let poll = |store: &PgStore| {
        let mut get = std::pin::pin!(store.get("a"));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        loop {
            match get.as_mut().poll(&mut context) {
                std::task::Poll::Ready(got) => return got,
                std::task::Poll::Pending => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    };
    let store = PgStore::new(database.url()).unwrap();
    assert!(poll(&store).unwrap().is_none());
    let url = database.url();
    let manager = deadpool_postgres::Manager::new(url.parse().unwrap(), tokio_postgres::NoTls);
    let pool = deadpool_postgres::Pool::builder(manager).build().unwrap();
    let error = poll(&PgStore::new(pool).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("Tokio runtime"), "{error}");
}
