//! Behind a PgBouncer, which sends each transaction to any of a few server processes. If none is installed, these tests do
//! nothing, and `cargo xtask test` reports that.

use pg_session::{ErrorKind, PgStore, PgStoreBuilder, Result, Rotated, Updated};
use pg_session_testkit::{PgBouncer, Server};
use serde_json::json;
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};

use crate::altered::{alter_under_load, create_table};
use crate::lanes::SETTINGS;
use crate::via::{Fixture, MINUTE, Via};

/// By default, PgBouncer refuses settings at login. The second configuration ignores them.
const LOGINS: [&[(&str, &str)]; 2] = [&[], &[("ignore_startup_parameters", "options")]];

struct Pooled {
    fixture: Fixture,
    pooler: PgBouncer,
}

impl Pooled {
    fn new(settings: &[(&str, &str)]) -> Option<Self> {
        let pooler = PgBouncer::start(Server::shared(), 2, settings).unwrap()?;
        Some(Self { fixture: Fixture::new(Via::Lanes), pooler })
    }

    fn url(&self) -> String {
        self.pooler.address().url(self.fixture.database.name())
    }

    async fn client(&self) -> Client {
        let (client, connection) = tokio_postgres::connect(&self.url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    async fn store(&self, set: impl FnOnce(PgStoreBuilder) -> PgStoreBuilder) -> PgStore {
        self.fixture.set_up(set(self.fixture.builder_at(&self.url()))).await
    }

    /// Returns a store that does not recognise the pooler at login.
    async fn unaware_store(&self) -> PgStore {
        self.fixture
            .set_up(self.fixture.builder_at(&format!("{}?options=-c%20plan_cache_mode%3Dauto", self.url())))
            .await
    }
}

/// Runs all operations on the caller's own sessions and checks their results.
async fn all_operations(store: &PgStore, caller: usize) -> Result<()> {
    for n in 0..20 {
        let (id, next) = (&format!("{caller} {n}"), &format!("{caller} {n} next"));
        assert!(store.get(id).await?.is_none());
        store.set(id, &json!({"n": n}), MINUTE).await?;
        assert!(store.touch(id, 2 * MINUTE).await?);
        let session = store.get(id).await?.unwrap();
        assert!(session.expires_in() > MINUTE);
        assert_eq!(session.json(), json!({"n": n}).to_string());
        assert_eq!(store.update(&session, &json!({"n": n, "more": 1}), MINUTE).await?, Updated::Saved);
        assert_eq!(store.rotate(id, next).await?, Rotated::Rotated);
        assert!(store.get(id).await?.is_none());
        assert_eq!(store.take(next).await?.unwrap().json(), json!({"n": n, "more": 1}).to_string());
        assert!(!store.destroy(next).await?);
    }
    Ok(())
}

#[tokio::test]
async fn all_operations_work_as_without_a_pooler() {
    for settings in LOGINS {
        let Some(pooled) = Pooled::new(settings) else { return };
        // PostgreSQL refuses a missing prepared statement before it runs, and the store sends it again: no call fails.
        let stores = [pooled.store(|builder| builder).await, pooled.store(|builder| builder.connections(4)).await];
        let mut callers = JoinSet::new();
        for caller in 0..64 {
            let store = stores[caller % 2].clone();
            callers.spawn(async move { all_operations(&store, caller).await });
        }
        while let Some(done) = callers.join_next().await {
            done.unwrap().unwrap();
        }
        assert_eq!(stores[0].count().await.unwrap(), 0);
        for store in stores {
            store.close().await;
        }
    }
}

/// A store's prepared statements stay in a server process that other stores use later.
#[tokio::test]
async fn no_store_runs_a_statement_prepared_by_another() {
    let Some(pooled) = Pooled::new(LOGINS[1]) else { return };
    let [reads, ends] = [pooled.unaware_store().await, pooled.unaware_store().await];
    pooled.fixture.sql("INSERT INTO session VALUES ('a', now() + '1 h', '1')").await;
    // There are two server processes. A transaction occupies one of them.
    let [one, other] = [pooled.client().await, pooled.client().await];
    one.batch_execute("BEGIN").await.unwrap();
    assert!(reads.get("a").await.unwrap().is_some());
    other.batch_execute("BEGIN").await.unwrap();
    one.batch_execute("COMMIT").await.unwrap();
    assert!(!ends.destroy("b").await.unwrap());
    // The process with this store's statement is occupied. The other one has the statement of the other store.
    assert!(reads.get("a").await.unwrap().is_some());
    other.batch_execute("COMMIT").await.unwrap();
    assert!(reads.get("a").await.unwrap().is_some());
}

#[tokio::test]
async fn settings_apply_behind_a_pooler() {
    for settings in LOGINS {
        let Some(pooled) = Pooled::new(settings) else { return };
        pooled.fixture.watch("INSERT", SETTINGS).await;
        let store = pooled.store(|builder| builder).await;
        store.set("a", &1, MINUTE).await.unwrap();
        assert_eq!(pooled.fixture.seen().await, "off 5500ms", "{settings:?}");
        store.close().await;
    }
}

#[tokio::test]
async fn options_that_a_pooler_refuses_are_an_error_of_the_configuration() {
    let Some(pooled) = Pooled::new(LOGINS[0]) else { return };
    let url = format!("{}?options=-c%20work_mem%3D4MB", pooled.url());
    let error = pooled.fixture.builder_at(&url).build().unwrap().setup().await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Configuration, false), "{error}");
    assert!(error.to_string().contains("`options`"), "{error}");
    assert_eq!(error.sqlstate(), Some("08P01"));
    // Another refusal is not blamed on the options.
    let elsewhere = url.replace(pooled.fixture.database.name(), "no_such_database");
    let error = pooled.fixture.builder_at(&elsewhere).build().unwrap().setup().await.unwrap_err();
    assert!(!error.to_string().contains("`options`"), "{error}");
}

#[tokio::test]
async fn a_pooler_is_recognised_despite_an_unreachable_host() {
    for settings in LOGINS {
        let Some(pooled) = Pooled::new(settings) else { return };
        let (pooler, name) = (pooled.pooler.address(), pooled.fixture.database.name());
        let hosts = format!("host=127.0.0.1,127.0.0.1 port={},1 target_session_attrs=any", pooler.port());
        let url = format!("{hosts} user={} password={} dbname={name}", pooler.user(), pooler.password());
        let store = pooled.fixture.set_up(pooled.fixture.builder_at(&url)).await;
        store.set("a", &1, MINUTE).await.unwrap();
    }
}

#[tokio::test]
async fn a_set_survives_the_end_of_its_server_process() {
    let Some(pooled) = Pooled::new(LOGINS[0]) else { return };
    let store = pooled.store(|builder| builder).await;
    store.set("a", &1, MINUTE).await.unwrap();
    let other = pooled.fixture.database.client().await;
    other.batch_execute("BEGIN; SELECT FROM session WHERE id = 'a' FOR UPDATE").await.unwrap();
    let set = tokio::spawn(async move { store.set("a", &2, MINUTE).await.map(|()| store) });
    pooled.fixture.until_one_waits().await;
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE wait_event_type = 'Lock' AND datname = current_database()";
    pooled.fixture.sql(sql).await;
    other.batch_execute("COMMIT").await.unwrap();
    let store = set.await.unwrap().unwrap();
    assert_eq!(store.get("a").await.unwrap().unwrap().json(), "2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_notices_an_altered_table() {
    for settings in LOGINS {
        let Some(pooled) = Pooled::new(settings) else { return };
        create_table(&pooled.fixture).await;
        let store = pooled.store(|builder| builder).await;
        alter_under_load(&pooled.fixture, &store).await;
    }
}
