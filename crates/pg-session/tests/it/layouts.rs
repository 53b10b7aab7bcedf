//! Tables of other stores and applications: each is used, or refused with what makes it fit.

use pg_session::ErrorKind;

use crate::sessions_of::capture_log;
use crate::via::{Fixture, MINUTE, Via};

/// Returns the error of setup on a table that this DDL creates.
async fn refused(fixture: &Fixture, ddl: &str) -> String {
    fixture.sql(&format!("DROP TABLE IF EXISTS session; {ddl}")).await;
    let error = fixture.builder().build().unwrap().setup().await.unwrap_err();
    assert_eq!((error.kind(), error.sqlstate()), (ErrorKind::Setup, None), "{ddl}: {error}");
    error.to_string()
}

#[tokio::test]
async fn the_one_statement_of_the_error_makes_the_table_fit_and_keeps_its_rows() {
    let fixture = Fixture::new(Via::Lanes);
    for columns in [
        "id text PRIMARY KEY, expiry timestamptz, session text",
        "id char(32) PRIMARY KEY, expiry timestamptz, session varchar(1000)",
        "id uuid PRIMARY KEY, expiry timestamptz, session json",
        "id uuid, expiry date, session bytea",
        "id text, expiry timestamp, session json",
        "id varchar(64) NOT NULL, expiry timestamptz NOT NULL, session jsonb NOT NULL",
    ] {
        let error = refused(&fixture, &format!("CREATE TABLE session ({columns})")).await;
        let id = "e7b5b0a0-0000-4000-8000-000000000001";
        let data = if columns.contains("bytea") { r"'\x7b7d'" } else { "'{}'" };
        fixture
            .sql(&format!(
                "INSERT INTO session VALUES ('{}', '2100-01-01', {data})",
                if columns.contains("char(32)") { &id[..32] } else { id }
            ))
            .await;
        let statements: Vec<_> = error.match_indices("ALTER TABLE").collect();
        let [(at, _)] = statements[..] else { panic!("{columns}: not one statement: {error}") };
        fixture.sql(&error[at..]).await;
        let store = fixture.store().await;
        let kept = store.all().await.unwrap();
        assert!(matches!(&kept[..], [kept] if kept.json() == "{}" && id.starts_with(kept.id())), "{columns}: {kept:?}");
        store.set("a", &1, MINUTE).await.unwrap();
    }
}

#[tokio::test]
async fn the_tables_of_other_stores_are_recognised() {
    let fixture = Fixture::new(Via::Lanes);
    let theirs = "CREATE TABLE session (sid varchar NOT NULL, sess json NOT NULL, expire timestamp(6) NOT NULL); \
                  ALTER TABLE session ADD CONSTRAINT session_pkey PRIMARY KEY (sid)";
    let error = refused(&fixture, theirs).await;
    let advice = "connect-pg-simple: set the options `id_column` to \"sid\", `data_column` to \"sess\", \
                  `expiry_column` to \"expire\"";
    assert!(error.ends_with(advice) && !error.contains("ALTER") && !error.contains("default"), "{error}");
    let follow = || fixture.builder().id_column("sid").data_column("sess").expiry_column("expire");
    fixture.set_up(follow()).await.set("a", &1, MINUTE).await.unwrap();
    // An option that is right already is not repeated.
    let error = fixture.builder().id_column("sid").build().unwrap().setup().await.unwrap_err().to_string();
    assert!(error.contains("set the options `data_column`"), "{error}");

    fixture
        .sql("DROP TABLE session; CREATE TABLE session (id text PRIMARY KEY, expiry timestamp NOT NULL, session json)")
        .await;
    let error = follow().build().unwrap().setup().await.unwrap_err().to_string();
    assert!(error.contains("koa-pg-session: set the options `id_column` to \"id\""), "{error}");

    let theirs =
        "CREATE TABLE session (id text PRIMARY KEY NOT NULL, data bytea NOT NULL, expiry_date timestamptz NOT NULL)";
    let error = refused(&fixture, theirs).await;
    assert!(error.contains("tower-sessions-sqlx-store") && error.contains("`table`"), "{error}");
}

#[tokio::test]
async fn a_key_of_another_name_is_not_given_a_default() {
    let fixture = Fixture::new(Via::Lanes);
    let error =
        refused(&fixture, "CREATE TABLE session (key text PRIMARY KEY, expiry timestamptz, session json)").await;
    assert!(error.contains("name it by the option `id_column`") && !error.contains("give it one"), "{error}");
}

#[tokio::test]
async fn setup_says_what_it_creates() {
    let fixture = Fixture::new(Via::Lanes);
    let store = fixture.set_up(fixture.builder().schema("app").subject("user")).await;
    let index = "an index for the option subject on the table \"app\".\"session\"";
    assert_eq!(store.take_created(), ["schema \"app\"", "table \"app\".\"session\"", index]);
    store.setup().await.unwrap();
    assert!(store.take_created().is_empty());
    // The first call creates it, too.
    let store = fixture.builder().schema("app").table("other").build().unwrap();
    store.set("a", &1, None).await.unwrap();
    assert_eq!(store.take_created(), ["table \"app\".\"other\""]);
    assert!(fixture.set_up(fixture.builder().schema("app")).await.take_created().is_empty());
}

/// Returns whether setup points out the table in the schema `app` while it uses `public`.
async fn warned(via: Via, setting: &str, options: &str) -> bool {
    let fixture = Fixture::new(via);
    let database = &fixture.database;
    let columns = "(id text PRIMARY KEY, expiry timestamptz, session json)";
    let sql = format!("CREATE SCHEMA app; CREATE TABLE app.session {columns}; {setting}")
        .replace("{database}", database.name());
    database.client().await.batch_execute(&sql).await.unwrap();
    let (logged, _guard) = capture_log();
    fixture.set_up(fixture.builder_at(&format!("{}{options}", database.url()))).await;
    let logged = String::from_utf8(logged.lock().unwrap().clone()).unwrap();
    logged.contains("set the option `schema` to \"app\"")
}

#[tokio::test]
async fn a_table_elsewhere_on_the_search_path_is_pointed_out() {
    for (setting, expected) in [
        ("ALTER DATABASE {database} SET search_path = app, public", true),
        ("ALTER DATABASE {database} SET search_path = \"app\"", true),
        ("SELECT", false),
        ("ALTER DATABASE {database} SET search_path = app, public; ALTER TABLE app.session DROP expiry", false),
        (
            "ALTER DATABASE {database} SET search_path = app, public; \
             CREATE TABLE public.session (id text PRIMARY KEY, expiry timestamptz, session json)",
            true,
        ),
        (
            "ALTER DATABASE {database} SET search_path = app, public; \
             CREATE TABLE public.session (id text PRIMARY KEY, expiry timestamptz, session json); \
             INSERT INTO public.session VALUES ('a', now(), '1')",
            false,
        ),
    ] {
        assert_eq!(warned(Via::Lanes, setting, "").await, expected, "{setting}");
    }
}

#[tokio::test]
async fn the_search_path_of_the_connection_string_counts_before_that_of_the_role() {
    let away = "ALTER DATABASE {database} SET search_path = app, public";
    for via in [Via::Lanes, Via::Deadpool] {
        for (setting, path, expected) in [
            ("SELECT", "app,public", true),
            ("SELECT", r#"public,\ "app""#, true),
            ("SELECT", "public", false),
            (away, "public", false),
            (away, "other", false),
        ] {
            let options = path.replace(' ', "%20").replace('\\', "%5C").replace('"', "%22");
            let options = format!("?options=-c%20search_path%3D{options}");
            assert_eq!(warned(via, setting, &options).await, expected, "{setting}: {path}");
        }
    }
}
