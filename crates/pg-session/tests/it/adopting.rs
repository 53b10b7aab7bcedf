//! Existing tables are used as they are.

use std::time::Duration;

use pg_session::{Created, ErrorKind, PgStore, Rotated, Updated};
use pg_session_testkit::Database;
use serde_json::{Value, json};

use crate::via::{Fixture, MINUTE, contract};

/// Checks every operation on the existing table.
async fn assert_every_operation_works(fixture: &Fixture, store: &PgStore) {
    let data = json!({"views": 1, "name": "Zoë"});
    store.set("a", &0, MINUTE).await.unwrap();
    store.set("a", &data, MINUTE).await.unwrap();
    assert_eq!(store.get("a").await.unwrap().unwrap().decode::<Value>().unwrap(), data);
    assert_eq!(store.create("a", &1, MINUTE).await.unwrap(), Created::Exists);
    assert!(store.touch("a", 10 * MINUTE).await.unwrap());
    let session = store.get("a").await.unwrap().unwrap();
    let left = session.expires_in();
    // The column may round to seconds.
    assert!(left > 9 * MINUTE && left <= 10 * MINUTE + Duration::from_secs(1), "{left:?}");
    assert_eq!(store.update(&session, &json!({"views": 2, "name": "Zoë"}), MINUTE).await.unwrap(), Updated::Saved);
    assert_eq!(store.update(&session, &json!({"views": 1}), 9 * MINUTE).await.unwrap(), Updated::Merged);
    let session = store.get("a").await.unwrap().unwrap();
    assert_eq!(session.decode::<Value>().unwrap(), json!({"views": 2}));
    assert!(session.expires_in() > 8 * MINUTE && session.expires_in() <= 10 * MINUTE);
    assert_eq!(store.rotate("a", "b").await.unwrap(), Rotated::Rotated);
    assert_eq!(store.update(&session, &1, MINUTE).await.unwrap(), Updated::Gone);
    assert!(store.destroy("b").await.unwrap());
    store.set("a", &1, Duration::ZERO).await.unwrap();
    assert_eq!(store.get("a").await.unwrap(), None);
    assert_eq!(store.create("a", &1, Duration::ZERO).await.unwrap(), Created::Created);
    assert_eq!(store.sweep().await.unwrap(), 1);
    assert_eq!(fixture.value("SELECT count(*) FROM session").await, "0");
}

contract! {
    async fn the_table_of_koa_pg_session_works(fixture: Fixture) {
        fixture.sql("CREATE TABLE session (id text NOT NULL PRIMARY KEY, expiry timestamp NOT NULL, session json)").await;
        assert_every_operation_works(&fixture, &fixture.store().await).await;
    }

    async fn other_types_and_further_columns_work(fixture: Fixture) {
        fixture.sql(
            "CREATE TABLE session (note text, id varchar(40) PRIMARY KEY, made timestamptz NOT NULL DEFAULT now(), \
             n int GENERATED ALWAYS AS IDENTITY, d text NOT NULL GENERATED ALWAYS AS ('x') STORED, \
             expiry timestamptz(0), session jsonb NOT NULL)",
        ).await;
        let store = fixture.store().await;
        assert_every_operation_works(&fixture, &store).await;
        fixture.sql("INSERT INTO session (note, id, expiry, session) VALUES ('keep', 'a', now() + '1 h', '{}')").await;
        store.set("a", &1, None).await.unwrap();
        assert_eq!(fixture.value("SELECT note || session FROM session").await, "keep1");
    }

    async fn other_column_names_work(fixture: Fixture) {
        fixture.sql("CREATE TABLE session (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL)").await;
        let builder = fixture.builder().create(false).id_column("sid").data_column("sess").expiry_column("expire");
        assert_every_operation_works(&fixture, &fixture.set_up(builder).await).await;
    }

    async fn a_unique_index_in_place_of_a_primary_key_works(fixture: Fixture) {
        fixture.sql(
            "CREATE TABLE session (id text, expiry timestamptz, session json); \
             CREATE UNIQUE INDEX ON session (id) INCLUDE (expiry)",
        ).await;
        assert_every_operation_works(&fixture, &fixture.store().await).await;
    }

    async fn data_that_a_varchar_or_jsonb_column_cannot_store_is_refused(fixture: Fixture) {
        fixture.sql("CREATE TABLE session (id varchar(4) PRIMARY KEY, expiry timestamptz, session jsonb)").await;
        let store = fixture.store().await;
        let error = store.set("abcde", &1, None).await.unwrap_err();
        assert_eq!((error.kind(), error.sqlstate()), (ErrorKind::InvalidInput, Some("22001")));
        let error = store.set("abcd", &"\0", None).await.unwrap_err();
        assert_eq!((error.kind(), error.sqlstate()), (ErrorKind::InvalidInput, Some("22P05")));
        assert!(error.to_string().contains("json column"), "{error}");
        assert_eq!(store.get("abcd").await.unwrap(), None);
        assert_eq!(store.get("abcde").await.unwrap(), None);
    }
}

/// Returns the error of setup on a table that this DDL creates.
async fn setup_error(ddl: &str) -> String {
    let database = Database::new();
    database.client().await.batch_execute(ddl).await.unwrap();
    let error = PgStore::new(database.url()).unwrap().setup().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Setup);
    error.to_string()
}

#[tokio::test]
async fn the_error_lists_everything_that_does_not_fit() {
    let error = setup_error("CREATE TABLE session (id bigint PRIMARY KEY, session text, tenant int NOT NULL)").await;
    for problem in [
        r#"the table "public"."session" does not fit"#,
        r#"column "id" is bigint: it must be text or character varying"#,
        r#"column "expiry" is missing: it must be timestamp with time zone or timestamp without time zone"#,
        r#"column "session" is text: it must be json or jsonb"#,
        r#"column "tenant" is NOT NULL and has no default"#,
    ] {
        assert!(error.contains(problem), "{problem:?} is not in {error}");
    }
}

#[tokio::test]
async fn a_table_whose_id_is_not_unique_is_refused() {
    let columns = "id text, other text, expiry timestamptz, session json";
    for keys in [
        "",
        "; CREATE INDEX ON session (id)",
        "; CREATE UNIQUE INDEX ON session (id, other)",
        "; CREATE UNIQUE INDEX ON session (lower(id))",
        "; CREATE UNIQUE INDEX ON session (id) WHERE other IS NULL",
        "; ALTER TABLE session ADD UNIQUE (id) DEFERRABLE",
    ] {
        let error = setup_error(&format!("CREATE TABLE session ({columns}){keys}")).await;
        assert!(error.contains(r#"ALTER TABLE "public"."session" ADD PRIMARY KEY ("id")"#), "{keys}: {error}");
    }
}

#[tokio::test]
async fn a_view_or_sequence_is_refused() {
    let view = "CREATE VIEW session AS SELECT 'a'::text AS id, now() AS expiry, '{}'::json AS session";
    assert!(setup_error(view).await.contains("it is not a table"));
    assert!(setup_error("CREATE SEQUENCE session").await.contains("it is not a table"));
}
