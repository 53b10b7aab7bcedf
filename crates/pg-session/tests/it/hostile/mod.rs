//! A schema of an attacker before `pg_catalog` in the `search_path` of the role: none of its code may run.

use std::time::Duration;

use pg_session::{ErrorKind, PgStore, PgStoreBuilder, Renewal};
use pg_session_testkit::{PgBouncer, Server};
use serde_json::json;
use tokio::task::JoinSet;
use tokio_postgres::NoTls;

use crate::via::{Fixture, MINUTE, Via, contract};

const TABLES: [&str; 6] = [
    // The store creates it.
    "SELECT",
    "CREATE TABLE public.session (id varchar PRIMARY KEY, expiry timestamp NOT NULL, session jsonb)",
    "CREATE TABLE public.session (id varchar(64) PRIMARY KEY, expiry timestamptz(0) NOT NULL, session json)",
    "CREATE TABLE public.session (id text PRIMARY KEY, expiry timestamptz NOT NULL, session jsonb)",
    "CREATE TABLE public.session (id varchar PRIMARY KEY, expiry timestamp, session json) PARTITION BY HASH (id); \
     CREATE TABLE public.one PARTITION OF public.session FOR VALUES WITH (MODULUS 2, REMAINDER 0); \
     CREATE TABLE public.two PARTITION OF public.session FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
    "CREATE TABLE public.session (id varchar PRIMARY KEY, expiry timestamp, session json, \
     created timestamptz NOT NULL DEFAULT now())",
];

/// Fills the schema `evil`, and puts it first in the `search_path` of every later connection.
async fn poison(fixture: &Fixture) {
    let client = fixture.database.client().await;
    client.batch_execute(include_str!("schema.sql")).await.unwrap();
    let set = format!("ALTER DATABASE {} SET search_path = evil, pg_catalog, public", fixture.database.name());
    client.batch_execute(&set).await.unwrap();
}

async fn calls(fixture: &Fixture) -> String {
    let (client, connection) = tokio_postgres::connect(&fixture.database.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    let sql = "SELECT CASE WHEN is_called THEN 'called' ELSE 'untouched' END FROM evil.calls";
    client.query_one(sql, &[]).await.unwrap().get(0)
}

/// Runs every operation, in statements of their own and in batches.
async fn run_everything(store: &PgStore) {
    let mut callers = JoinSet::new();
    for n in 0..8 {
        let store = store.clone();
        callers.spawn(async move { run_operations(&store, n).await });
    }
    callers.join_all().await;
    store.set("late", &1, Duration::ZERO).await.unwrap();
    assert_eq!(store.sweep().await.unwrap(), 1);
    for n in 0..3 {
        store.set(&format!("left {n}"), &json!({"user": {"id": 7}}), MINUTE).await.unwrap();
    }
    assert_eq!((store.count().await.unwrap(), store.all().await.unwrap().len()), (3, 3));
    assert_eq!(store.sessions_of("7").await.unwrap().len(), 3);
    assert_eq!(store.destroy_sessions_of("7", Some("left 0")).await.unwrap(), 2);
    store.clear().await.unwrap();
}

async fn run_operations(store: &PgStore, n: usize) {
    let (id, other) = (&format!("{n}"), &format!("{n} other"));
    let _ = store.create(id, &0, MINUTE).await.unwrap();
    store.set(id, &json!({"n": n}), MINUTE).await.unwrap();
    assert!(store.touch(id, 9 * MINUTE).await.unwrap());
    assert!(store.touch(id, 2 * MINUTE).await.unwrap());
    assert!(store.touch(id, None).await.unwrap());
    let base = store.get(id).await.unwrap().unwrap();
    let _ = store.update(&base, &json!({"n": n, "a": 1}), MINUTE).await.unwrap();
    let _ = store.update(&base, &json!({"n": n, "b": 1}), None).await.unwrap();
    let _ = store.update(&base, base.json(), MINUTE).await.unwrap();
    let _ = store.rotate(id, other).await.unwrap();
    let taken = store.take(other).await.unwrap();
    let renewal = Renewal { base: &base, taken: taken.as_ref(), own_keys: &[] };
    assert!(store.renew(other, &renewal, &json!({"n": n}), MINUTE).await.unwrap());
    assert!(store.destroy(other).await.unwrap());
}

/// Returns the variations of a store that use further statements.
fn variations(builder: impl Fn() -> PgStoreBuilder, has_created: bool) -> Vec<PgStoreBuilder> {
    let always = builder().touch_every(Duration::ZERO).subject("user.id");
    let aged = has_created.then(|| builder().subject("user.id").max_age(60 * MINUTE));
    aged.into_iter().chain([always, builder().subject("user.id")]).collect()
}

async fn nothing_is_called(fixture: &Fixture, builder: impl Fn() -> PgStoreBuilder) {
    poison(fixture).await;
    for table in TABLES {
        let reset = format!("SET search_path = pg_catalog; DROP TABLE IF EXISTS public.session; {table}");
        fixture.sql(&reset).await;
        let has_created = !table.starts_with("CREATE") || table.contains("created");
        for builder in variations(&builder, has_created) {
            let store = builder.build().unwrap();
            store.setup().await.unwrap_or_else(|error| panic!("{table}: {error}"));
            store.setup().await.unwrap();
            run_everything(&store).await;
            store.close().await;
        }
        assert_eq!(calls(fixture).await, "untouched", "{table}");
    }
    // What does not fit is still recognised.
    fixture
        .sql(
            "SET search_path = pg_catalog; DROP TABLE public.session; \
              CREATE TABLE public.session (id uuid PRIMARY KEY, expiry date, session text)",
        )
        .await;
    let error = builder().subject("user.id").build().unwrap().setup().await.unwrap_err();
    assert_eq!((error.kind(), error.sqlstate()), (ErrorKind::Setup, None), "{error}");
    assert_eq!(calls(fixture).await, "untouched");
}

contract! {
    async fn a_hostile_schema_in_the_search_path_is_never_called(fixture: Fixture) {
        nothing_is_called(&fixture, || fixture.builder().timeout(MINUTE)).await;
    }
}

#[tokio::test]
async fn behind_a_pooler_neither() {
    for settings in [&[][..], &[("ignore_startup_parameters", "options")]] {
        let Some(pooler) = PgBouncer::start(Server::shared(), 2, settings).unwrap() else { return };
        let fixture = Fixture::new(Via::Lanes);
        let url = pooler.address().url(fixture.database.name());
        nothing_is_called(&fixture, || fixture.builder_at(&url).timeout(MINUTE)).await;
    }
}

#[tokio::test]
async fn the_hostile_schema_catches_unqualified_names() {
    let fixture = Fixture::new(Via::Lanes);
    poison(&fixture).await;
    let client = fixture.database.client().await;
    for sql in [
        "SELECT unnest(ARRAY['a'])",
        "SELECT 2::pg_catalog.int8 * interval '1 s'",
        "SELECT 'a'::pg_catalog.varchar = 'a'::pg_catalog.text",
        "SELECT 'a'::text",
        "SELECT statement_timestamp()",
        "SELECT count(*)",
        "SELECT '{}'::pg_catalog.json #>> '{a}'::pg_catalog.text[]",
        "SELECT nullif('a'::pg_catalog.text, 'b'::pg_catalog.text)",
        "SELECT set_config('a.b', 'c', true)",
    ] {
        let error = client.batch_execute(sql).await.unwrap_err();
        assert!(error.as_db_error().is_some_and(|error| error.message().contains("evil")), "{sql}: {error:?}");
    }
    assert_eq!(calls(&fixture).await, "called");
}

#[tokio::test]
async fn own_connections_search_pg_catalog_whatever_the_connection_string_says() {
    let fixture = Fixture::new(Via::Lanes);
    fixture.watch("INSERT OR UPDATE", "NULL").await;
    fixture
        .sql(
            "CREATE OR REPLACE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS \
              $$ BEGIN INSERT INTO public.seen VALUES (current_setting('search_path')); RETURN NULL; END $$",
        )
        .await;
    for options in ["", "?options=-c%20search_path%3Dpublic", "?options=-csearch_path%3Dpublic%20-c%20jit%3Doff"] {
        let store = fixture.set_up(fixture.builder_at(&format!("{}{options}", fixture.database.url()))).await;
        store.set("a", &1, MINUTE).await.unwrap();
        assert_eq!(fixture.seen().await, "pg_catalog", "{options}");
    }
}
