//! What holds when many calls share a connection.

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
    fixture.set_up(set(fixture.builder().connections(1).touch_every(Duration::ZERO))).await
}

/// The connections of the stores.
const OURS: &str = "FROM pg_stat_activity WHERE application_name = 'pg-session' AND datname = current_database()";

/// What tells whether settings are heeded.
pub(crate) const SETTINGS: &str = "current_setting('enable_seqscan') || ' ' || current_setting('statement_timeout')";

/// A lane that is busy: the set under way waits for a row that another transaction holds.
struct Stalled {
    other: tokio_postgres::Client,
    set: JoinHandle<Result<()>>,
}

impl Stalled {
    async fn new(fixture: &Fixture, store: &PgStore) -> Self {
        let other = fixture.database.client().await;
        let sql = "INSERT INTO session VALUES ('held', now() + '1 h', '0') ON CONFLICT DO NOTHING; \
                   BEGIN; SELECT FROM session WHERE id = 'held' FOR UPDATE";
        other.batch_execute(sql).await.unwrap();
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

/// On the one thread of a test: what was spawned has called, and what is to be sent is sent.
async fn everybody_had_a_turn() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn together_calls_answer_what_each_alone_does() {
    together_calls_answer_what_each_alone_does_of("json").await;
    together_calls_answer_what_each_alone_does_of("jsonb").await;
}

async fn together_calls_answer_what_each_alone_does_of(json: &str) {
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
    // Within ten minutes of the new expiry nothing is written.
    let moved =
        "SELECT string_agg(id, ' ' ORDER BY id) FROM session WHERE expiry > now() + '44 min' AND isfinite(expiry)";
    assert_eq!(fixture.value(moved).await, "endless null soon");
}

#[tokio::test]
async fn of_touches_together_one_that_ends_a_session_sooner_has_all_wait_for_the_disk() {
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
async fn one_bad_item_fails_alone() {
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
async fn a_set_that_postgresql_refuses_is_told_so_though_another_follows() {
    let fixture = Fixture::new(Via::Lanes);
    fixture.sql("CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session jsonb)").await;
    let store = one_lane(&fixture, |builder| builder).await;
    let stalled = Stalled::new(&fixture, &store).await;
    let set = |data: &'static str| {
        let store = store.clone();
        tokio::spawn(async move { store.set("a", &data, MINUTE).await })
    };
    let (good, refused, equal, last) = (set("1"), set("\0"), set("\0"), set("2"));
    everybody_had_a_turn().await;
    stalled.end().await;
    good.await.unwrap().unwrap();
    for refused in [refused, equal] {
        assert_eq!(refused.await.unwrap().unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    last.await.unwrap().unwrap();
    assert_eq!(store.get("a").await.unwrap().unwrap().json(), "\"2\"");
}

#[tokio::test]
async fn gets_of_sessions_that_do_not_exist_share_statements() {
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
async fn what_goes_again_goes_before_what_came_later() {
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
    // One batch: it waits for the first, and fails for the last.
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
async fn what_goes_again_goes_before_what_came_later_in_the_next_batch() {
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
    // So many that they follow the batch that waits for the row, without a wait for its answer.
    good.push(set("b".into(), "2"));
    good.extend((0..100).map(|n| set(format!("later {n}"), "2")));
    everybody_had_a_turn().await;
    other.batch_execute("COMMIT").await.unwrap();
    for set in good {
        set.await.unwrap().unwrap();
    }
    assert_eq!(bad.await.unwrap().unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(store.get("b").await.unwrap().unwrap().json(), r#""2""#);
    assert_eq!(fixture.value("SELECT count(*) FROM session").await, "103");
}

#[tokio::test]
async fn many_calls_on_one_id_wait_for_the_one_under_way() {
    let fixture = Fixture::new(Via::Lanes);
    let store = one_lane(&fixture, |builder| builder).await;
    let stalled = Stalled::new(&fixture, &store).await;
    let sets: Vec<_> = (0..150)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.set("held", &n, MINUTE).await })
        })
        .collect();
    everybody_had_a_turn().await;
    stalled.end().await;
    for set in sets {
        set.await.unwrap().unwrap();
    }
    assert_eq!(store.get("held").await.unwrap().unwrap().json(), "149");
}

#[tokio::test]
async fn what_is_under_way_is_bounded_in_bytes() {
    let fixture = Fixture::new(Via::Lanes);
    let store = one_lane(&fixture, |builder| builder).await;
    let stalled = Stalled::new(&fixture, &store).await;
    let data: Arc<RawValue> = RawValue::from_string(format!("\"{}\"", "x".repeat(200_000))).unwrap().into();
    let sets: Vec<_> = (0..300)
        .map(|n| {
            let (store, data) = (store.clone(), Arc::clone(&data));
            tokio::spawn(async move { store.set(&n.to_string(), &*data, MINUTE).await })
        })
        .collect();
    everybody_had_a_turn().await;
    // What was dropped is not sent: so what is there in the end was under way, in buffers of the kernel for the most.
    sets.iter().for_each(JoinHandle::abort);
    everybody_had_a_turn().await;
    stalled.end().await;
    store.close().await;
    let sent: usize = fixture.value("SELECT count(*) FROM session WHERE id <> 'held'").await.parse().unwrap();
    assert!((1..100).contains(&sent), "{sent} of 200,000 bytes each");
}

#[tokio::test]
async fn behind_a_refusal_that_ends_the_connection_nobody_knows() {
    let fixture = Fixture::new(Via::Lanes);
    let store = one_lane(&fixture, |builder| builder).await;
    let sql = "CREATE FUNCTION full_() RETURNS trigger LANGUAGE plpgsql AS \
               $$ BEGIN RAISE 'no space' USING ERRCODE = '53100'; END $$; \
               CREATE TRIGGER full_ BEFORE INSERT ON session FOR EACH ROW WHEN (NEW.id = 'full') EXECUTE FUNCTION full_()";
    fixture.sql(sql).await;
    let stalled = Stalled::new(&fixture, &store).await;
    let other = fixture.database.client().await;
    other.batch_execute("BEGIN; INSERT INTO session VALUES ('a', now(), '0')").await.unwrap();
    // Two batches, one behind the other: the first waits for a row, and then meets the refusal.
    let ids = ["a".to_owned(), "full".to_owned()].into_iter().chain((0..98).map(|n| format!("{n:02}")));
    let creates: Vec<_> = ids
        .map(|id| {
            let store = store.clone();
            tokio::spawn(async move { store.create(&id, &1, MINUTE).await })
        })
        .collect();
    everybody_had_a_turn().await;
    stalled.end().await;
    fixture.until_one_waits().await;
    everybody_had_a_turn().await;
    other.batch_execute("COMMIT").await.unwrap();
    for (n, create) in creates.into_iter().enumerate() {
        let error = create.await.unwrap().unwrap_err();
        if n < 50 {
            assert_eq!((error.sqlstate(), error.is_retryable()), (Some("53100"), true));
        } else {
            assert!(!error.is_retryable() && error.to_string().contains("unknown"), "{n}: {error}");
        }
    }
}

#[tokio::test]
async fn after_a_close_that_was_dropped_no_lane_takes_a_call() {
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
async fn who_waits_for_a_lock_holds_up_nobody_else() {
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
async fn a_read_waits_for_no_write() {
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

/// Who has no runtime starts no lane, and keeps no other from it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_calls_without_a_runtime_is_answered_by_that_of_others() {
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
    // A call with a runtime starts the other lane, for both.
    asked.await.unwrap();
    assert!(store.get("b").await.unwrap().is_none());
    assert!(tokio::task::spawn_blocking(|| got.join().unwrap()).await.unwrap().unwrap());
    stalled.end().await;
    store.close().await;
}

#[tokio::test]
async fn a_runtime_that_has_ended_is_an_error() {
    let fixture = Fixture::new(Via::Lanes);
    let builder = fixture.builder();
    let ended = tokio::task::spawn_blocking(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let store = builder.build().unwrap();
        runtime.block_on(store.setup()).unwrap();
        let handle = runtime.handle().clone();
        drop(runtime);
        handle.block_on(store.get("a")).unwrap_err()
    });
    let error = tokio::time::timeout(Duration::from_secs(10), ended).await.unwrap().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("runtime"), "{error}");
}

#[tokio::test]
async fn what_waits_is_bounded() {
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
async fn a_call_that_was_dropped_is_not_sent() {
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
async fn who_asked_first_may_be_dropped() {
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
async fn commands_on_one_id_keep_the_order_in_which_they_came() {
    let fixture = Fixture::new(Via::Lanes);
    let store = fixture.store().await;
    for round in 0..50 {
        let id = &round.to_string();
        // All are asked before the first is answered, in this order.
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
async fn a_get_after_a_set_sees_it_however_many_there_are() {
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

/// Two processes write the same few sessions in batches, in every way, and never wait for each other in a circle.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn batches_never_deadlock() {
    let fixture = Fixture::new(Via::Lanes);
    // Sixteen ids, in an order that differs from that of their bytes in most collations.
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
    // A server process leaves its statistics behind before it is gone from the list.
    fixture.until(&format!("SELECT count(*) {OURS}"), "0").await;
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(fixture.value(deadlocks).await, "0");
}

#[tokio::test]
async fn no_connection_is_lost_without_being_replaced_under_load() {
    let fixture = Fixture::new(Via::Lanes);
    let store = fixture.store().await;
    let is_over = Arc::new(AtomicBool::new(false));
    let mut callers: JoinSet<Result<()>> = JoinSet::new();
    for caller in 0..32 {
        let (store, is_over) = (store.clone(), Arc::clone(&is_over));
        callers.spawn(async move {
            let id = &caller.to_string();
            for n in (0..).take_while(|_| !is_over.load(Ordering::Relaxed)) {
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
        // A call is not repeated for ever.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    is_over.store(true, Ordering::Relaxed);
    while let Some(done) = callers.join_next().await {
        done.unwrap().unwrap();
    }
}

/// As a transaction pooler does it, every write leaves no statement prepared.
#[tokio::test]
async fn where_prepared_statements_get_lost_they_go_unnamed() {
    let fixture = Fixture::new(Via::Lanes);
    let store = fixture.set_up(fixture.builder().connections(2)).await;
    let all = async |round: i32| {
        for n in 0..10 {
            let (id, new) = (&n.to_string(), format!("{round} {n}"));
            store.set(id, &round, MINUTE).await.unwrap();
            assert_eq!(store.get(id).await.unwrap().unwrap().decode::<i32>().unwrap(), round);
            // A create may not run twice; one that was refused for its name has not run at all.
            assert_eq!(store.create(&new, &n, MINUTE).await.unwrap(), Created::Created);
        }
    };
    // Both connections have prepared everything, and then forget it.
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

/// A pooler may lead a store to the server process of another one.
#[tokio::test]
async fn stores_prepare_by_one_name_only_what_does_the_same() {
    let fixture = Fixture::new(Via::Lanes);
    let sql = "CREATE TABLE prepared (process int, name text, sql text); \
               CREATE TABLE a (id text PRIMARY KEY, expiry timestamptz, session json); \
               CREATE TABLE b (id text PRIMARY KEY, expiry timestamptz, session json); \
               CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS \
               $$ BEGIN INSERT INTO prepared SELECT pg_backend_pid(), name, statement FROM pg_prepared_statements; \
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
async fn for_a_table_that_is_found_anew_statements_are_prepared_anew() {
    let fixture = Fixture::new(Via::Lanes);
    let table = "CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session json); \
                 CREATE TRIGGER look AFTER DELETE ON session FOR EACH STATEMENT EXECUTE FUNCTION look()";
    let sql = "CREATE TABLE prepared (at timestamptz); CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS \
               $$ BEGIN INSERT INTO prepared SELECT prepare_time FROM pg_prepared_statements; RETURN NULL; END $$";
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

/// Also where each may go to another server process, as a pooler has it.
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
async fn an_unnamed_statement_that_nobody_waits_for_any_more_ends() {
    let fixture = Fixture::new(Via::Lanes);
    let set = |builder: PgStoreBuilder| builder.prepare(false).timeout(Duration::from_secs(2));
    let store = one_lane(&fixture, set).await;
    let stalled = Stalled::new(&fixture, &store).await;
    let waiting = format!("SELECT count(*) {OURS} AND wait_event_type = 'Lock'");
    fixture.until(&waiting, "0").await;
    assert!(stalled.set.await.unwrap().is_err());
}

#[tokio::test]
async fn calls_of_one_kind_go_as_one_statement() {
    let fixture = Fixture::new(Via::Lanes);
    let store = one_lane(&fixture, |builder| builder).await;
    let sql = "CREATE TABLE sent (what text); \
               CREATE FUNCTION sent() RETURNS trigger LANGUAGE plpgsql AS \
               $$ BEGIN INSERT INTO sent VALUES (TG_OP); RETURN NULL; END $$; \
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
    // An insert that may update counts as both.
    let sent = "SELECT string_agg(what || count, ' ' ORDER BY what) \
                FROM (SELECT what, count(*) FROM sent GROUP BY what) AS s";
    assert_eq!(fixture.value(sent).await, "DELETE1 INSERT2 UPDATE3");
}

#[tokio::test]
async fn unnamed_statements_do_the_same() {
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
