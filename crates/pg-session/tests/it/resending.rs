//! A connection is lost after a write has run and before its answer arrives: sending the write again must never undo what
//! others have done since. A call that certainly did not run is sent again, and succeeds.

use std::pin::Pin;
use std::time::{Duration, Instant};

use pg_session::{Created, ErrorKind, PgStore, PgStoreBuilder, Result, Rotated, Updated};
use pg_session_testkit::{Database, Proxy};
use serde_json::json;

use crate::via::{Fixture, MINUTE, Via};

/// What one store does before its connection is lost, and another one before the first can connect again. The session has
/// the id `a`, the data `{"by": "nobody"}` and a time to live of ten minutes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Write {
    /// With an hour to live.
    Set,
    Create,
    Update,
    Touch,
    /// From `a` to `b`.
    Rotate,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Later {
    Destroy,
    Set,
    Update,
    /// With less time to live.
    Touch,
    /// To `c`.
    Rotate,
    /// After a rotation: back to `a`.
    RotateBack,
}

const HOUR: Duration = Duration::from_secs(3600);
const START: &str =
    "INSERT INTO session (id, expiry, session) VALUES ('a', now() + interval '10 min', '{\"by\": \"nobody\"}')";

/// Each row's id, data and minutes to live.
const ROWS: &str = "SELECT coalesce(string_agg(id || ' ' || (session ->> 'by') || ' ' || \
                    round(extract(epoch FROM expiry - now()) / 60), ', ' ORDER BY id), '') \
                    FROM session WHERE expiry > now()";

type Outcome = Pin<Box<dyn Future<Output = Result<String>> + Send>>;

impl Write {
    /// Makes the call. Returns its outcome, and the rows after it has run.
    async fn call(self, store: &PgStore) -> (Outcome, &'static str) {
        let store = store.clone();
        let base = store.get("a").await.unwrap();
        let ours = json!({"by": "first"});
        let outcome: Outcome = Box::pin(async move {
            Ok(match self {
                Self::Set => store.set("a", &ours, HOUR).await.map(|()| "Done".to_owned())?,
                Self::Create => format!("{:?}", store.create("a", &ours, HOUR).await?),
                Self::Update => format!("{:?}", store.update(&base.unwrap(), &ours, HOUR).await?),
                Self::Touch => store.touch("a", HOUR).await?.to_string(),
                Self::Rotate => format!("{:?}", store.rotate("a", "b").await?),
            })
        });
        let rows = match self {
            Self::Set | Self::Create | Self::Update => "a first 60",
            Self::Touch => "a nobody 60",
            Self::Rotate => "b nobody 10",
        };
        (outcome, rows)
    }

    /// Whether this answer is true, given what happened later.
    fn is_true(self, answer: &str, later: Later) -> bool {
        match self {
            Self::Set => answer == "Done",
            Self::Create => answer == "Created",
            Self::Update => answer == "Saved",
            // It returns whether the session lives.
            Self::Touch => answer == "true" || matches!(later, Later::Destroy | Later::Rotate),
            Self::Rotate => answer == "Rotated",
        }
    }
}

impl Later {
    /// Makes the call on this id, by another store.
    async fn call(self, store: &PgStore, id: &str) {
        let data = json!({"by": "second"});
        match self {
            Self::Destroy => assert!(store.destroy(id).await.unwrap()),
            Self::Set => store.set(id, &data, 20 * MINUTE).await.unwrap(),
            Self::Update => {
                let base = store.get(id).await.unwrap().unwrap();
                assert_eq!(store.update(&base, &data, 20 * MINUTE).await.unwrap(), Updated::Saved);
            }
            Self::Touch => assert!(store.touch(id, 5 * MINUTE).await.unwrap()),
            Self::Rotate => assert_eq!(store.rotate(id, "c").await.unwrap(), Rotated::Rotated),
            Self::RotateBack => assert_eq!(store.rotate(id, "a").await.unwrap(), Rotated::Rotated),
        }
    }
}

/// Returns a store that reaches the server through the proxy, and one that reaches it directly.
async fn stores(fixture: &Fixture, proxy: &Proxy) -> [PgStore; 2] {
    let set =
        |builder: PgStoreBuilder| builder.connections(1).touch_every(Duration::ZERO).timeout(Duration::from_secs(3));
    let first = fixture.set_up(set(fixture.builder_at(proxy.url()))).await;
    [first, fixture.set_up(set(fixture.builder())).await]
}

async fn check(write: Write, later: Later) {
    let fixture = Fixture::new(Via::Lanes);
    let proxy = Proxy::start(&fixture.database.url()).await.unwrap();
    let [first, second] = stores(&fixture, &proxy).await;
    if write != Write::Create {
        fixture.sql(START).await;
    }
    let (call, executed) = write.call(&first).await;
    proxy.hold_answers();
    let call = tokio::spawn(call);
    fixture.until(ROWS, executed).await;
    proxy.hold_connections();
    proxy.cut();
    later.call(&second, if write == Write::Rotate { "b" } else { "a" }).await;
    let rows = async || fixture.value(ROWS).await;
    let before = rows().await;
    proxy.release();
    match call.await.unwrap() {
        Ok(answer) => assert!(write.is_true(&answer, later), "{write:?}, then {later:?}: {answer} is not true"),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
            let may_repeat = matches!(write, Write::Set | Write::Update | Write::Touch);
            assert!(!may_repeat || error.is_retryable(), "{write:?}: {error}");
        }
    }
    // Calls to be sent again are sent before this one.
    first.set("another", &json!({"by": "another"}), MINUTE).await.unwrap();
    first.destroy("another").await.unwrap();
    assert_eq!(rows().await, before, "{write:?}, then {later:?}: what the second was told was undone");
}

macro_rules! resending {
    ($($name:ident: $write:ident, [$($later:ident),+];)+) => {$(
        #[tokio::test]
        async fn $name() {
            $(check(Write::$write, Later::$later).await;)+
        }
    )+};
}

resending! {
    a_set_undoes_no_destroy: Set, [Destroy];
    a_set_undoes_no_set: Set, [Set];
    a_set_undoes_no_update: Set, [Update];
    a_set_undoes_no_touch: Set, [Touch];
    a_set_undoes_no_rotation: Set, [Rotate];
    a_create_undoes_nothing: Create, [Destroy, Set, Update, Touch, Rotate];
    an_update_undoes_no_destroy_and_no_rotation: Update, [Destroy, Rotate];
    an_update_undoes_no_set: Update, [Set];
    an_update_undoes_no_update_of_the_same_key: Update, [Update];
    an_update_undoes_no_touch: Update, [Touch];
    a_touch_undoes_no_destroy_and_no_rotation: Touch, [Destroy, Rotate];
    a_touch_undoes_no_set_and_no_update: Touch, [Set, Update];
    a_touch_undoes_no_touch: Touch, [Touch];
    a_rotation_undoes_nothing: Rotate, [Destroy, Set, Update, Touch, Rotate];
    a_rotation_undoes_no_rotation_back: Rotate, [RotateBack];
}

/// Ends all idle connections of stores, and waits until their processes have ended.
async fn end_connections(database: &Database) {
    let client = database.client().await;
    let others = "FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pg-session'";
    client.batch_execute(&format!("SELECT pg_terminate_backend(pid) {others}")).await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while client.query_one(&format!("SELECT count(*) {others}"), &[]).await.unwrap().get::<_, i64>(0) > 0 {
        assert!(Instant::now() < deadline, "a connection does not end");
    }
}

/// Makes one call of each kind, each right after its connection was ended.
async fn after_each_end(store: &PgStore, database: &Database, kind: usize, round: u32) -> Result<()> {
    let id = format!("{kind} {round}");
    store.set(&id, &json!({"round": round}), MINUTE).await?;
    let base = store.get(&id).await?.unwrap();
    end_connections(database).await;
    match kind {
        0 => assert!(store.get(&id).await?.is_some()),
        1 => store.set(&id, &2, MINUTE).await?,
        2 => assert_eq!(store.create(&format!("{id} new"), &3, MINUTE).await?, Created::Created),
        3 => assert_eq!(store.update(&base, &json!({"round": "over"}), MINUTE).await?, Updated::Saved),
        4 => assert!(store.touch(&id, HOUR).await?),
        5 => assert!(store.destroy(&id).await?),
        6 => assert!(store.take(&id).await?.is_some()),
        _ => assert_eq!(store.rotate(&id, &format!("{id} new")).await?, Rotated::Rotated),
    }
    Ok(())
}

const KINDS: usize = 8;

/// PostgreSQL ends idle connections (57P01): at a failover, by an administrator or a pooler.
async fn ending_idle_connections_fails_no_call(url: &str, database: &Database) {
    let store = PgStore::builder(url).cleanup_interval(Duration::ZERO).build().unwrap();
    store.setup().await.unwrap();
    let mut failures = Vec::new();
    for round in 0..6 {
        for kind in 0..KINDS {
            if let Err(error) = after_each_end(&store, database, kind, round).await {
                failures.push(format!("kind {kind}: {error}"));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {} calls: {failures:#?}", failures.len(), 6 * KINDS);
}

#[tokio::test]
async fn ending_idle_connections_fails_no_call_over_tcp() {
    let database = Database::new();
    ending_idle_connections_fails_no_call(&database.url(), &database).await;
}

#[tokio::test]
async fn ending_idle_connections_fails_no_call_over_a_unix_socket() {
    let database = Database::new();
    ending_idle_connections_fails_no_call(&database.socket_url(), &database).await;
}

/// The store sends a statement before it reads that the server process has ended: the statement did not run.
#[tokio::test]
async fn a_statement_that_never_ran_is_sent_again() {
    let fixture = Fixture::new(Via::Lanes);
    let proxy = Proxy::start(&fixture.database.url()).await.unwrap();
    let [first, _] = stores(&fixture, &proxy).await;
    let mut failures = Vec::new();
    for kind in 0..KINDS {
        let id = format!("{kind}");
        first.set(&id, &json!({"round": 1}), MINUTE).await.unwrap();
        let base = first.get(&id).await.unwrap().unwrap();
        // Its connection is open and idle.
        proxy.hold_answers();
        end_connections(&fixture.database).await;
        let statements = proxy.statements();
        let (store, new) = (first.clone(), format!("{id} new"));
        let call = tokio::spawn(async move {
            match kind {
                0 => store.get(&id).await.map(|found| found.is_some()),
                1 => store.set(&id, &2, MINUTE).await.map(|()| true),
                2 => store.create(&new, &3, MINUTE).await.map(|created| created == Created::Created),
                3 => store.update(&base, &json!({"round": 0}), MINUTE).await.map(|updated| updated == Updated::Saved),
                4 => store.touch(&id, HOUR).await,
                5 => store.destroy(&id).await,
                6 => store.take(&id).await.map(|taken| taken.is_some()),
                _ => store.rotate(&id, &new).await.map(|rotated| rotated == Rotated::Rotated),
            }
        });
        while proxy.statements() == statements {
            tokio::task::yield_now().await;
        }
        proxy.release();
        match call.await.unwrap() {
            Ok(is_right) => assert!(is_right, "kind {kind}: an answer that is not true"),
            Err(error) => failures.push(format!("kind {kind}: {error}")),
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
