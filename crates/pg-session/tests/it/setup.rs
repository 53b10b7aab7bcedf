use std::time::Duration;

use pg_session::{Created, ErrorKind, PgStore, Rotated, Session, Updated};
use pg_session_testkit::Database;

use crate::via::{MINUTE, contract};

const TABLES: &str = "SELECT count(*) FROM pg_tables WHERE tablename = 'session'";

contract! {
    async fn does_not_wait_for_a_lock_on_an_existing_table(fixture: Fixture) {
        fixture.store().await.close().await;
        let other = fixture.database.client().await;
        other.batch_execute("BEGIN; LOCK TABLE session").await.unwrap();
        let store = fixture.set_up(fixture.builder().timeout(Duration::from_secs(2))).await;
        other.batch_execute("COMMIT").await.unwrap();
        assert!(store.get("a").await.unwrap().is_none());
    }

    async fn creates_a_table_that_keeps_touches_hot(fixture: Fixture) {
        fixture.store().await;
        let columns = "SELECT string_agg(attname || ' ' || format_type(atttypid, NULL) || ' ' || attnotnull \
                       || coalesce(' ' || collname, ''), ', ' ORDER BY attnum) \
                       FROM pg_attribute AS a LEFT JOIN pg_collation AS c ON c.oid = attcollation WHERE attrelid = 'public.session'::regclass AND attnum > 0";
        assert_eq!(
            fixture.value(columns).await,
            "id text true C, expiry timestamp with time zone true, session json false"
        );
        let class = "SELECT reloptions::text || relpersistence::text FROM pg_class WHERE relname = 'session'";
        assert_eq!(fixture.value(class).await, "{fillfactor=80}p");
        assert_eq!(fixture.value("SELECT count(*) FROM pg_indexes WHERE tablename = 'session'").await, "1");
    }

    async fn the_error_shows_the_ddl_of_the_readme(fixture: Fixture) {
        let error = fixture.builder().create(false).build().unwrap().setup().await.unwrap_err().to_string();
        let ddl = include_str!("../../../../docs/table.md").split("```sql\n").nth(1).unwrap().split("```").next().unwrap();
        assert!(error.contains(ddl.trim()), "{error}");
    }

    async fn is_idempotent_and_keeps_sessions(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &1, MINUTE).await.unwrap();
        store.setup().await.unwrap();
        fixture.store().await.setup().await.unwrap();
        assert!(store.get("a").await.unwrap().is_some());
    }

    async fn many_stores_can_start_at_once_on_an_empty_database(fixture: Fixture) {
        let setups: Vec<_> = (0..12)
            .map(|_| fixture.builder().schema("new").table("table").build().unwrap())
            .map(|store| tokio::spawn(async move { store.setup().await }))
            .collect();
        for setup in setups {
            setup.await.unwrap().unwrap();
        }
        assert_eq!(fixture.value("SELECT count(*) FROM \"new\".\"table\"").await, "0");
    }

    async fn two_tables_in_one_schema_are_separate(fixture: Fixture) {
        let one = fixture.set_up(fixture.builder().schema("app").table("one")).await;
        let two = fixture.set_up(fixture.builder().schema("app").table("two")).await;
        one.set("a", &1, MINUTE).await.unwrap();
        assert_eq!(two.get("a").await.unwrap(), None);
    }

    async fn any_legal_name_works_and_is_quoted(fixture: Fixture) {
        let longest = "x".repeat(63);
        let names = [
            "Upper", "a b", "a.b", "say \"hi\"", "it's", "a\\b", "{id}", "{", "$1", "--", "select", "Sitzung für 你好",
            "\u{1F600}", "\n", &longest,
        ];
        for name in names {
            let builder = fixture.builder().schema(name).table(name);
            let store = fixture.set_up(builder.id_column(name).expiry_column("Expiry").data_column("data")).await;
            store.set("a", &1, MINUTE).await.unwrap();
            assert_eq!(store.create("a", &1, MINUTE).await.unwrap(), Created::Exists);
            assert!(store.touch("a", 2 * MINUTE).await.unwrap());
            let session = store.get("a").await.unwrap().unwrap();
            assert_eq!(store.update(&session, &2, MINUTE).await.unwrap(), Updated::Saved);
            assert_eq!(store.rotate("a", "b").await.unwrap(), Rotated::Rotated);
            assert!(store.destroy("b").await.unwrap());
            store.set("a", &1, Duration::ZERO).await.unwrap();
            assert_eq!(store.sweep().await.unwrap(), 1);
            let found = format!("SELECT count(*) FROM pg_tables WHERE (schemaname, tablename) = ({0}, {0})", literal(name));
            assert_eq!(fixture.value(&found).await, "1", "{name:?}");
            store.close().await;
        }
    }

    async fn sends_no_ddl_if_create_is_false(fixture: Fixture) {
        let store = fixture.builder().create(false).build().unwrap();
        let error = store.setup().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Setup);
        assert!(error.to_string().contains("CREATE TABLE IF NOT EXISTS \"public\".\"session\""), "{error}");
        assert_eq!(fixture.value(TABLES).await, "0");
    }

    async fn a_failure_is_not_remembered(fixture: Fixture) {
        let store = fixture.builder().create(false).build().unwrap();
        store.setup().await.unwrap_err();
        assert_eq!(store.get("a").await.unwrap_err().kind(), ErrorKind::Setup);
        fixture.sql("CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session json)").await;
        assert_eq!(store.get("a").await.unwrap(), None);
    }

    async fn the_first_call_sets_up_by_itself(fixture: Fixture) {
        let store = fixture.builder().build().unwrap();
        assert_eq!(fixture.value(TABLES).await, "0");
        let (get, set, sweep) = tokio::join!(store.get("a"), store.set("b", &1, None), store.sweep());
        assert_eq!((get.unwrap(), set.unwrap(), sweep.unwrap()), (None, (), 0));
        assert!(store.get("b").await.unwrap().is_some());
    }

    async fn the_first_call_also_starts_the_sweeper(fixture: Fixture) {
        let store = fixture.builder().cleanup_interval(Duration::from_millis(50)).build().unwrap();
        store.set("a", &1, Duration::ZERO).await.unwrap();
        fixture.until("SELECT count(*) FROM session", "0").await;
    }

    async fn every_call_fails_until_the_table_exists(fixture: Fixture) {
        let store = fixture.builder().create(false).build().unwrap();
        for error in [
            store.get("a").await.unwrap_err(),
            store.set("a", &1, None).await.unwrap_err(),
            store.create("a", &1, None).await.unwrap_err(),
            store.touch("a", None).await.unwrap_err(),
            store.destroy("a").await.unwrap_err(),
            store.rotate("a", "b").await.unwrap_err(),
            store.sweep().await.unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.sqlstate()), (ErrorKind::Setup, Some("42P01")), "{error}");
        }
        fixture.sql("CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session json)").await;
        assert_eq!(store.get("a").await.unwrap(), None);
    }

    /// No session has such an id. The answer must not look as if the table had been found.
    async fn a_call_for_an_id_that_cannot_be_stored_sets_up_too(fixture: Fixture) {
        let long = "x".repeat(1_100);
        let store = fixture.builder().create(false).build().unwrap();
        for id in [&long, "a\0b", ""] {
            let base = Session::from_parts(id, "1");
            for error in [
                store.get(id).await.unwrap_err(),
                store.touch(id, None).await.unwrap_err(),
                store.destroy(id).await.unwrap_err(),
                store.take(id).await.unwrap_err(),
                store.rotate(id, "b").await.unwrap_err(),
                store.update(&base, &2, MINUTE).await.unwrap_err(),
                store.update(&base, &1, MINUTE).await.unwrap_err(),
            ] {
                assert_eq!((error.kind(), error.sqlstate()), (ErrorKind::Setup, Some("42P01")), "{error}");
            }
        }
        let store = fixture.builder().build().unwrap();
        assert_eq!(store.get(&long).await.unwrap(), None);
        assert_eq!(store.take_created(), ["table \"public\".\"session\""]);
        assert_eq!(store.rotate(&long, "b").await.unwrap(), Rotated::Gone);
        assert_eq!(store.update(&Session::from_parts(&long, "1"), &2, MINUTE).await.unwrap(), Updated::Gone);
    }

    async fn a_call_during_setup_waits_for_it(fixture: Fixture) {
        // CREATE TABLE waits for an uncommitted table of the same name.
        let other = fixture.database.client().await;
        other.batch_execute("BEGIN; CREATE TABLE session (id text)").await.unwrap();
        let store = fixture.builder().build().unwrap();
        let setup = tokio::spawn({ let store = store.clone(); async move { store.setup().await } });
        fixture.until_one_waits().await;
        let set = tokio::spawn({ let store = store.clone(); async move { store.set("a", &1, MINUTE).await } });
        tokio::task::yield_now().await;
        assert!(!set.is_finished() && !setup.is_finished());
        other.batch_execute("ROLLBACK").await.unwrap();
        setup.await.unwrap().unwrap();
        set.await.unwrap().unwrap();
    }

    async fn only_setup_creates_a_dropped_table_again(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &1, MINUTE).await.unwrap();
        fixture.sql("DROP TABLE session").await;
        for error in [store.get("a").await.unwrap_err(), store.set("a", &2, MINUTE).await.unwrap_err()] {
            assert_eq!((error.kind(), error.sqlstate()), (ErrorKind::Setup, Some("42P01")));
            assert!(error.to_string().contains("has disappeared") && error.to_string().contains("setup()"), "{error}");
        }
        assert_eq!(store.sweep().await.unwrap_err().kind(), ErrorKind::Setup);
        assert_eq!(fixture.value(TABLES).await, "0");
        store.setup().await.unwrap();
        store.set("a", &2, MINUTE).await.unwrap();
        assert_eq!(store.get("a").await.unwrap().unwrap().json(), "2");
    }

    async fn calls_fail_while_the_table_is_renamed_or_moved_away(fixture: Fixture) {
        let (store, other) = (fixture.store().await, fixture.store().await);
        store.set("a", &1, MINUTE).await.unwrap();
        for (away, back) in [
            ("ALTER TABLE session RENAME TO gone", "ALTER TABLE gone RENAME TO session"),
            ("CREATE SCHEMA app; ALTER TABLE session SET SCHEMA app", "ALTER TABLE app.session SET SCHEMA public"),
            ("ALTER SCHEMA public RENAME TO gone", "ALTER SCHEMA gone RENAME TO public"),
        ] {
            fixture.sql(away).await;
            for store in [&store, &other, &store] {
                assert_eq!(store.get("a").await.unwrap_err().kind(), ErrorKind::Setup, "{away}");
                assert_eq!(store.set("b", &1, MINUTE).await.unwrap_err().kind(), ErrorKind::Setup, "{away}");
            }
            fixture.sql(back).await;
            for store in [&store, &other] {
                assert_eq!(store.get("a").await.unwrap().unwrap().json(), "1", "{back}");
            }
        }
        assert_eq!(fixture.value(TABLES).await, "1");
    }

    async fn works_with_the_setting_quote_all_identifiers(fixture: Fixture) {
        let set = format!("ALTER DATABASE \"{}\" SET quote_all_identifiers = on", fixture.database.name());
        fixture.sql(&set).await;
        for _ in 0..2 {
            let store = fixture.set_up(fixture.builder().subject("user.id")).await;
            store.set("a", &1, MINUTE).await.unwrap();
            assert!(store.get("a").await.unwrap().is_some());
        }
        // The second setup found the index and created no other.
        assert_eq!(fixture.value("SELECT count(*) FROM pg_indexes WHERE tablename = 'session'").await, "2");
    }

    async fn a_nondeterministic_collation_of_the_id_is_refused(fixture: Fixture) {
        fixture
            .sql("CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false); \
                  CREATE TABLE session (id text COLLATE any_case PRIMARY KEY, expiry timestamptz, session json)")
            .await;
        let error = fixture.builder().build().unwrap().setup().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Setup);
        let message = error.to_string();
        assert!(message.contains("nondeterministic"), "{error}");
        fixture.sql(message.split_once("ALTER TABLE").map(|(_, sql)| format!("ALTER TABLE{sql}")).unwrap().as_str()).await;
        let store = fixture.store().await;
        store.set("a", &1, MINUTE).await.unwrap();
        assert_eq!(store.get("A").await.unwrap(), None);
    }
}

fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// Creates a role that has only the privileges in `grants`, and returns its URL.
pub(crate) async fn role(database: &Database, grants: &str) -> String {
    let client = database.client().await;
    let role = format!("role_{}", database.name());
    let sql = format!("CREATE ROLE {role} LOGIN PASSWORD 'pw'; {}", grants.replace("{role}", &role));
    client.batch_execute(&sql).await.unwrap();
    database.url_as(&role, "pw")
}

const TABLE: &str =
    "CREATE SCHEMA app; CREATE TABLE app.session (id text PRIMARY KEY, expiry timestamptz, session json);";

#[tokio::test]
async fn needs_no_create_privilege_if_the_table_exists() {
    let database = Database::new();
    let grants = "GRANT USAGE ON SCHEMA app TO {role}; GRANT SELECT, INSERT, UPDATE, DELETE ON app.session TO {role}";
    let url = role(&database, &format!("{TABLE} {grants}")).await;
    let store = PgStore::builder(url).schema("app").build().unwrap();
    store.setup().await.unwrap();
    store.set("a", &1, MINUTE).await.unwrap();
    assert!(store.touch("a", 9 * MINUTE).await.unwrap());
    assert!(store.destroy("a").await.unwrap());
    store.set("a", &1, Duration::ZERO).await.unwrap();
    assert_eq!(store.sweep().await.unwrap(), 1);
}

#[tokio::test]
async fn the_error_lists_the_missing_privileges() {
    let database = Database::new();
    let url = role(&database, &format!("{TABLE} GRANT SELECT, UPDATE ON app.session TO {{role}}")).await;
    let error = PgStore::builder(&url).schema("app").build().unwrap().setup().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Setup);
    assert!(error.to_string().contains("GRANT USAGE ON SCHEMA, INSERT, DELETE"), "{error}");

    let error = PgStore::builder(&url).schema("other").build().unwrap().setup().await.unwrap_err();
    assert_eq!((error.kind(), error.sqlstate()), (ErrorKind::Setup, Some("42501")));
    assert!(error.to_string().contains("CREATE SCHEMA IF NOT EXISTS \"other\""), "{error}");
}

#[tokio::test]
async fn a_revoked_privilege_is_reported_until_it_is_granted_again() {
    let database = Database::new();
    let grants = "GRANT USAGE ON SCHEMA app TO {role}; GRANT SELECT, INSERT, UPDATE, DELETE ON app.session TO {role}";
    let url = role(&database, &format!("{TABLE} {grants}")).await;
    let store = PgStore::builder(url).schema("app").build().unwrap();
    store.setup().await.unwrap();
    let client = database.client().await;
    let to_role = format!("ON app.session TO role_{}", database.name());
    client.batch_execute(&format!("REVOKE INSERT {}", to_role.replace(" TO ", " FROM "))).await.unwrap();
    assert_eq!(store.set("a", &1, None).await.unwrap_err().sqlstate(), Some("42501"));
    assert!(store.set("a", &1, None).await.unwrap_err().to_string().contains("GRANT INSERT"));
    client.batch_execute(&format!("GRANT INSERT {to_role}")).await.unwrap();
    store.set("a", &1, None).await.unwrap();
}
