//! Runs one contract over every way to reach PostgreSQL.

use std::time::{Duration, Instant};

use pg_session::{Client, Error, PgStore, PgStoreBuilder, Result, Rows};
use pg_session_testkit::Database;

/// How a store reaches PostgreSQL.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Via {
    /// The store's own connections.
    Lanes,
    Deadpool,
    Sqlx,
    /// An implementation of [`Client`] by the application.
    CustomClient,
}

/// A database for one test, and stores that use it.
pub(crate) struct Fixture {
    pub(crate) database: Database,
    pub(crate) via: Via,
}

impl Fixture {
    pub(crate) fn new(via: Via) -> Self {
        Self { database: Database::new(), via }
    }

    pub(crate) fn builder(&self) -> PgStoreBuilder {
        self.builder_at(&self.database.url())
    }

    pub(crate) fn builder_at(&self, url: &str) -> PgStoreBuilder {
        let builder = match self.via {
            Via::Lanes => PgStore::builder(url),
            Via::Deadpool => PgStore::builder(deadpool(url)),
            Via::Sqlx => PgStore::builder(sqlx::PgPool::connect_lazy(url).unwrap()),
            Via::CustomClient => PgStore::builder(Reconnecting::new(url)),
        };
        // No sweeps in the background: they would disturb a test.
        builder.cleanup_interval(Duration::ZERO)
    }

    /// Returns a store with the default options, after its setup.
    pub(crate) async fn store(&self) -> PgStore {
        self.set_up(self.builder()).await
    }

    pub(crate) async fn set_up(&self, builder: PgStoreBuilder) -> PgStore {
        let store = builder.build().unwrap();
        store.setup().await.unwrap();
        store
    }

    /// Runs SQL as the superuser, on a connection of its own.
    pub(crate) async fn sql(&self, sql: &str) {
        self.database.client().await.batch_execute(sql).await.unwrap();
    }

    /// Creates the sessions' table with a trigger. After each of these writes, it evaluates the expression and stores the value.
    pub(crate) async fn watch(&self, writes: &str, expression: &str) {
        let sql = format!(
            "CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session json); CREATE TABLE seen (what text); \
             CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS \
             $$ BEGIN INSERT INTO seen VALUES ({expression}); RETURN NULL; END $$; \
             CREATE TRIGGER look AFTER {writes} ON session FOR EACH ROW EXECUTE FUNCTION look()"
        );
        self.sql(&sql).await;
    }

    /// Returns the values that the trigger of [`watch`](Self::watch) has stored since the last call.
    pub(crate) async fn seen(&self) -> String {
        let seen = self.value("SELECT string_agg(what, ', ') FROM seen").await;
        self.sql("TRUNCATE seen").await;
        seen
    }

    /// Waits until the query returns this value.
    pub(crate) async fn until(&self, query: &str, value: &str) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.value(query).await != value {
            assert!(Instant::now() < deadline, "{query} is still not {value}");
        }
    }

    /// Waits until exactly one statement in this database waits for a lock.
    pub(crate) async fn until_one_waits(&self) {
        let waiting = "SELECT count(*) FROM pg_stat_activity \
                       WHERE wait_event_type = 'Lock' AND datname = current_database()";
        self.until(waiting, "1").await;
    }

    /// Returns the only value of a query, as text.
    pub(crate) async fn value(&self, query: &str) -> String {
        let sql = format!("SELECT ({query})::text");
        self.database.client().await.query_one(&sql, &[]).await.unwrap().get(0)
    }
}

pub(crate) fn deadpool(url: &str) -> deadpool_postgres::Pool {
    let manager = deadpool_postgres::Manager::new(url.parse().unwrap(), tokio_postgres::NoTls);
    deadpool_postgres::Pool::builder(manager).max_size(4).build().unwrap()
}

/// A minimal implementation of [`Client`]: it connects for every statement.
struct Reconnecting(tokio_postgres::Config);

impl Reconnecting {
    fn new(url: &str) -> Self {
        Self(url.parse().unwrap())
    }
}

impl Client for Reconnecting {
    async fn query(&self, sql: &str, params: &[String]) -> Result<Rows> {
        let (client, connection) = self.0.connect(tokio_postgres::NoTls).await.map_err(Error::unreachable)?;
        tokio::spawn(connection);
        let params: Vec<_> = params.iter().map(|param| param as &(dyn tokio_postgres::types::ToSql + Sync)).collect();
        let rows = client.query(sql, &params).await.map_err(|error| match error.as_db_error() {
            Some(answer) => Error::refused(answer.code().code(), answer.message()),
            None => Error::connection_lost(error),
        })?;
        Ok(rows.iter().map(|row| (0..row.len()).map(|column| row.get(column)).collect()).collect())
    }
}

/// Turns each `async fn name(fixture: Fixture)` into a module `name` with one test for every [`Via`]. A test of the contract
/// belongs here; a test of only one way to reach PostgreSQL is an ordinary `#[tokio::test]`.
macro_rules! contract {
    ($($(#[$attribute:meta])* async fn $name:ident($fixture:ident: Fixture) $body:block)+) => {$(
        $(#[$attribute])*
        mod $name {
            use super::*;
            use $crate::via::{Fixture, Via};

            async fn holds($fixture: Fixture) $body

            contract!(@test lanes Lanes);
            contract!(@test deadpool Deadpool);
            contract!(@test sqlx Sqlx);
            contract!(@test custom_client CustomClient);
        }
    )+};
    (@test $name:ident $via:ident) => {
        #[tokio::test]
        async fn $name() {
            holds(Fixture::new(Via::$via)).await;
        }
    };
}
pub(crate) use contract;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
