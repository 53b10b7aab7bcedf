//! A server or pooler that breaks the protocol: an answer reaches the caller that asked for it, or nobody.
//!
//! Many concurrent callers check every answer against what they know of their own sessions, whose data names them. A call
//! that fails may have taken effect: its caller then continues with another session.
//!
//! For long runs: `PG_SESSION_TEST_CALLS=1000000 PG_SESSION_TEST_SEED=1 cargo test --release -p pg-session --all-features
//! --test it misbehaving`.

mod caller;

use std::env;
use std::mem;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use fastrand::Rng;
use pg_session::{Client, Error, PgStore, Result, Rows};
use pg_session_testkit::{Fault, Faults, Proxy};
use tokio_postgres::types::ToSql;

use crate::via::{Fixture, Via, deadpool};
use caller::World;

const CONNECTIONS: usize = 2;

/// The `timeout` of the store: short, because calls wait for it when their answer is lost; long if no call may fail.
const TIMEOUT: Duration = Duration::from_millis(300);
const LONG_TIMEOUT: Duration = Duration::from_secs(30);

/// The number of panics in the library.
static PANICS: AtomicU64 = AtomicU64::new(0);

fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let is_ours = info.location().is_some_and(|place| place.file().starts_with("crates/pg-session/src"));
            PANICS.fetch_add(u64::from(is_ours), Ordering::Relaxed);
            usual(info);
        }));
    });
}

fn from_env(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap())
}

/// The faults of one test.
struct Trouble<'t> {
    kinds: &'t [Fault],
    /// One in this many answers has a fault.
    one_in: u32,
    /// Whether every call must succeed.
    is_strict: bool,
    /// Whether the store prepares its statements. Otherwise a prelude with settings precedes each of them.
    prepare: bool,
}

impl Trouble<'_> {
    async fn check(self) {
        count_panics();
        let Self { kinds, one_in, is_strict, prepare } = self;
        let seed = from_env("PG_SESSION_TEST_SEED").unwrap_or(7);
        let panics = PANICS.load(Ordering::Relaxed);
        let fixture = Fixture::new(Via::Lanes);
        let proxy = Proxy::start(&fixture.database.url()).await.unwrap();
        let is_harmless = kinds.iter().all(|kind| Fault::HARMLESS.contains(kind));
        let limit = if is_harmless { LONG_TIMEOUT } else { TIMEOUT };
        let builder = fixture.builder_at(proxy.url()).connections(CONNECTIONS).timeout(limit).subject("user");
        // Creating the table may take longer than the short limit on a busy machine.
        fixture.set_up(fixture.builder().subject("user")).await;
        let store = builder.prepare(prepare).build().unwrap();
        while store.setup().await.is_err() {}
        let world = World::new(store, limit, is_strict).await;

        proxy.misbehave(Faults::at_random(kinds, one_in, seed));
        let callers = world.calls(seed).await;
        proxy.behave();
        world.works_again(&callers).await;
        world.is_in_the_table(&callers, &fixture).await;

        let (failed, struck) = (world.failed.load(Ordering::Relaxed), proxy.struck());
        let findings = world.findings.lock().unwrap();
        assert!(findings.is_empty(), "{kinds:?}, seed {seed}, {failed} failed, {struck} faults: {findings:#?}");
        assert!(struck > 0, "{kinds:?}: nothing happened");
        assert_eq!(PANICS.load(Ordering::Relaxed), panics, "the library panicked");
        if is_harmless {
            assert_eq!(failed, 0, "{kinds:?}: calls failed");
            // The reserve may connect while a busy machine is slow.
            assert!(proxy.connections() <= CONNECTIONS as u64 + 1, "{kinds:?}: {} connections", proxy.connections());
        }
    }
}

/// Defines a test for each fault: its kinds, and how rare it is.
macro_rules! faults {
    ($($(#[$attribute:meta])* $name:ident: $kinds:expr, $one_in:literal, $is_strict:literal, $prepare:literal;)+) => {$(
        $(#[$attribute])*
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            Trouble { kinds: &$kinds, one_in: $one_in, is_strict: $is_strict, prepare: $prepare }.check().await;
        }
    )+};
}

faults! {
    one_ready_for_query_too_many: [Fault::ExtraReady], 8, true, true;
    a_message_twice: [Fault::DoubledMessage], 8, true, true;
    an_answer_twice: [Fault::DoubledAnswer], 8, true, true;
    two_messages_swapped: [Fault::SwappedMessages], 8, true, true;
    two_answers_swapped: [Fault::SwappedAnswers], 8, true, true;
    a_message_dropped: [Fault::DroppedMessage], 24, true, true;
    an_answer_dropped: [Fault::DroppedAnswer], 48, true, true;
    a_message_cut_off: [Fault::Truncated], 8, true, true;
    a_header_that_announces_two_gigabytes: [Fault::HugeLength], 8, true, true;
    a_message_of_another_type: [Fault::WrongType], 24, true, true;
    random_bytes_between_messages: [Fault::Garbage], 24, true, true;
    a_row_of_an_earlier_answer: [Fault::ReplayedRow], 8, true, true;
    a_cut_before_the_answer: [Fault::CutBeforeAnswer], 8, true, true;
    a_server_that_a_pooler_has_lost: [Fault::LostByPooler], 8, true, true;
    everything_at_once: Fault::DETECTABLE, 12, true, true;
    everything_at_once_where_nothing_is_prepared: Fault::DETECTABLE, 12, true, false;
    /// The protocol allows these messages at any time: no call fails, and no connection is dropped.
    messages_that_may_come_at_any_time: [Fault::Asynchronous], 1, true, true;
    messages_that_may_come_at_any_time_where_nothing_is_prepared: [Fault::Asynchronous], 1, true, false;
    an_answer_byte_by_byte: [Fault::Bytewise], 2, true, true;
    /// Random bytes cause no panic, no stuck call, and never return another session's data.
    bytes_changed_at_random: [Fault::Mutated], 8, false, true;
    random_bytes: [Fault::Noise], 24, false, true;
}

/// An application's client that sometimes returns the rows of the previous query.
struct OutOfStep {
    pool: deadpool_postgres::Pool,
    is_on: Arc<AtomicBool>,
    before: Mutex<(Rng, Rows)>,
}

impl Client for OutOfStep {
    async fn query(&self, sql: &str, params: &[String]) -> Result<Rows> {
        let client = self.pool.get().await.map_err(Error::unreachable)?;
        let params: Vec<_> = params.iter().map(|param| param as &(dyn ToSql + Sync)).collect();
        let rows = client.query(sql, &params).await.map_err(|error| match error.as_db_error() {
            Some(answer) => Error::refused(answer.code().code(), answer.message()),
            None => Error::connection_lost(error),
        })?;
        let rows: Rows = rows.iter().map(|row| (0..row.len()).map(|column| row.get(column)).collect()).collect();
        let mut before = self.before.lock().unwrap();
        let earlier = mem::replace(&mut before.1, rows.clone());
        let is_struck = self.is_on.load(Ordering::Relaxed) && before.0.u8(0..8) == 0;
        Ok(if is_struck { earlier } else { rows })
    }
}

/// A row begins with the key of its call.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_mixes_up_answers_never_returns_another_session() {
    let seed = from_env("PG_SESSION_TEST_SEED").unwrap_or(7);
    let fixture = Fixture::new(Via::Deadpool);
    let is_on = Arc::new(AtomicBool::new(false));
    let before = Mutex::new((Rng::with_seed(seed), Rows::new()));
    let client = OutOfStep { pool: deadpool(&fixture.database.url()), is_on: Arc::clone(&is_on), before };
    let builder = PgStore::builder(client).cleanup_interval(Duration::ZERO).subject("user");
    let world = World::new(fixture.set_up(builder).await, LONG_TIMEOUT, false).await;
    is_on.store(true, Ordering::Relaxed);
    let callers = world.calls(seed).await;
    is_on.store(false, Ordering::Relaxed);
    world.works_again(&callers).await;
    let findings = world.findings.lock().unwrap();
    assert!(findings.is_empty(), "seed {seed}: {findings:#?}");
}
