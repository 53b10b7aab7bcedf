//! `sessions_of`, `destroy_sessions_of`, and the index for both.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pg_session::{ErrorKind, PgStore, Updated};
use pg_session_testkit::Database;
use serde_json::{Value, json};
use tracing::subscriber::DefaultGuard;

use crate::setup::role;
use crate::via::{Fixture, MINUTE, contract};

const INDEXES: &str = "SELECT count(*) FROM pg_indexes WHERE tablename = 'session' AND indexdef LIKE '%#>>%'";

async fn by_user(fixture: &Fixture) -> PgStore {
    fixture.set_up(fixture.builder().subject("user.id")).await
}

async fn ids(store: &PgStore, subject: &str) -> Vec<String> {
    store.sessions_of(subject).await.unwrap().iter().map(|session| session.id().to_owned()).collect()
}

contract! {
    async fn returns_the_live_sessions_of_a_subject(fixture: Fixture) {
        for json in ["json", "jsonb"] {
            fixture.sql(&format!("CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session {json})")).await;
            let store = by_user(&fixture).await;
            let of = |user: Value| json!({"user": {"id": user}, "n": 1});
            store.set("phone", &of(json!(7)), MINUTE).await.unwrap();
            store.set("laptop", &of(json!("7")), 9 * MINUTE).await.unwrap();
            store.set("expired", &of(json!(7)), Duration::ZERO).await.unwrap();
            store.set("other", &of(json!("77")), MINUTE).await.unwrap();
            for (id, data) in [("anonymous", json!({})), ("null", of(Value::Null)), ("odd", json!([{"id": 7}, 7]))] {
                store.set(id, &data, MINUTE).await.unwrap();
            }
            let sessions = store.sessions_of("7").await.unwrap();
            let ids_found: Vec<_> = sessions.iter().map(|session| session.id()).collect();
            assert_eq!(ids_found, ["laptop", "phone"]);
            assert_eq!(sessions[1].decode::<Value>().unwrap(), of(json!(7)));
            assert!(sessions[0].expires_in() > 8 * MINUTE && sessions[1].expires_in() <= MINUTE);
            assert_eq!(ids(&store, "Zoë's").await, [""; 0]);
            assert_eq!(store.update(&sessions[1], &of(json!("Zoë's")), MINUTE).await.unwrap(), Updated::Saved);
            assert_eq!(ids(&store, "Zoë's").await, ["phone"]);
            fixture.sql("DROP TABLE session").await;
        }
    }

    async fn ends_one_session_of_a_subject_by_its_handle(fixture: Fixture) {
        let store = by_user(&fixture).await;
        for (id, user) in [("phone", 7), ("laptop", 7), ("other", 8)] {
            store.set(id, &json!({"user": {"id": user}}), MINUTE).await.unwrap();
        }
        let handles: Vec<_> = store.sessions_of("7").await.unwrap().iter().map(|session| session.handle()).collect();
        let phone = store.get("phone").await.unwrap().unwrap().handle();
        assert!(handles.len() == 2 && handles.contains(&phone) && !phone.contains("phone"));
        for (user, handle) in [("8", phone.as_str()), ("7", "phone"), ("7", "")] {
            assert!(!store.destroy_handle(user, handle).await.unwrap(), "{user} {handle}");
        }
        assert!(store.destroy_handle("7", &phone).await.unwrap());
        assert!(!store.destroy_handle("7", &phone).await.unwrap());
        assert_eq!((ids(&store, "7").await, ids(&store, "8").await), (vec!["laptop".to_owned()], vec!["other".to_owned()]));
    }

    async fn logs_out_everywhere_else(fixture: Fixture) {
        let store = by_user(&fixture).await;
        let data = json!({"user": {"id": 7}});
        for id in ["here", "phone", "laptop"] {
            store.set(id, &data, MINUTE).await.unwrap();
        }
        store.set("expired", &data, Duration::ZERO).await.unwrap();
        store.set("other", &json!({"user": {"id": 8}}), MINUTE).await.unwrap();
        let base = store.get("phone").await.unwrap().unwrap();

        assert_eq!(store.destroy_sessions_of("7", Some("here")).await.unwrap(), 2);
        assert_eq!(ids(&store, "7").await, ["here"]);
        assert_eq!(fixture.value("SELECT string_agg(id, ' ' ORDER BY id) FROM session").await, "here other");
        assert_eq!(store.update(&base, &json!({"user": {"id": 7}, "late": 1}), MINUTE).await.unwrap(), Updated::Gone);

        assert_eq!(store.destroy_sessions_of("7", None).await.unwrap(), 1);
        assert_eq!(store.destroy_sessions_of("7", None).await.unwrap(), 0);
        assert_eq!(ids(&store, "8").await, ["other"]);
    }

    /// The change commits after the statement has begun.
    async fn destroys_a_session_that_changes_meanwhile(fixture: Fixture) {
        let store = by_user(&fixture).await;
        store.set("a", &json!({"user": {"id": 7}}), MINUTE).await.unwrap();
        let other = fixture.database.client().await;
        other.batch_execute("BEGIN; UPDATE session SET id = 'b', expiry = expiry + interval '1 min'").await.unwrap();
        let commit = async {
            fixture.until_one_waits().await;
            other.batch_execute("COMMIT").await.unwrap();
        };
        assert_eq!(tokio::join!(store.destroy_sessions_of("7", None), commit).0.unwrap(), 1);
        assert_eq!(fixture.value("SELECT count(*) FROM session").await, "0");
    }

    async fn any_path_and_any_column_name_work(fixture: Fixture) {
        for (n, path) in ["user", "a.0.b", r"https://x\.y/sub", r#"it's.{"a\\b"}.$1.{data}, null"#, "你好"].into_iter().enumerate() {
            let table = format!("it's {{subject}} {n}");
            let builder = fixture.builder().table(&table).data_column("da\"Ta{id}").subject(path);
            let store = fixture.set_up(builder).await;
            let data = match n {
                0 => json!({"user": true}),
                1 => json!({"a": [{"b": true}]}),
                2 => json!({"https://x.y/sub": true}),
                3 => json!({"it's": {r#"{"a\b"}"#: {"$1": {"{data}, null": true}}}}),
                _ => json!({"你好": true}),
            };
            store.set("a", &data, MINUTE).await.unwrap();
            assert_eq!(ids(&store, "true").await, ["a"], "{path}");
            assert_eq!(store.destroy_sessions_of("true", None).await.unwrap(), 1);
        }
        assert_eq!(fixture.value("SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%#>>%'").await, "5");
    }

    async fn a_subject_may_be_of_any_size(fixture: Fixture) {
        let store = fixture.set_up(fixture.builder().subject("passport.user")).await;
        // Digits that PostgreSQL cannot compress.
        let user: String = (0..2_000_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_string()).collect();
        store.set("a", &json!({"passport": {"user": user}}), MINUTE).await.unwrap();
        assert_eq!(ids(&store, &user).await, ["a"]);
    }

    async fn without_the_option_a_call_is_refused(fixture: Fixture) {
        let store = fixture.store().await;
        for error in [store.sessions_of("7").await.unwrap_err(), store.destroy_sessions_of("7", None).await.unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(error.to_string().contains("subject"), "{error}");
        }
        assert_eq!(fixture.value(INDEXES).await, "0");
    }

    async fn invalid_input_is_refused(fixture: Fixture) {
        assert_eq!(fixture.builder().subject("user..id").build().unwrap_err().kind(), ErrorKind::Configuration);
        let store = by_user(&fixture).await;
        assert_eq!(store.sessions_of("\0").await.unwrap_err().kind(), ErrorKind::InvalidInput);
        for (subject, except) in [("\0", None), ("7", Some("")), ("7", Some("\0"))] {
            let error = store.destroy_sessions_of(subject, except).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
        let error = store.set("a", &json!({"note": "\0"}), MINUTE).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("option subject"), "{error}");
    }

    async fn many_stores_that_start_at_once_create_one_index(fixture: Fixture) {
        let setups: Vec<_> = (0..12)
            .map(|_| fixture.builder().subject("user.id").build().unwrap())
            .map(|store| tokio::spawn(async move { store.setup().await }))
            .collect();
        for setup in setups {
            setup.await.unwrap().unwrap();
        }
        assert_eq!(fixture.value(INDEXES).await, "1");
    }

    async fn both_use_the_index(fixture: Fixture) {
        let store = by_user(&fixture).await;
        fixture.sql("INSERT INTO session SELECT n, now() + '1 h', json_build_object('user', json_build_object('id', n)) \
                     FROM generate_series(1, 5000) AS n; ANALYZE session").await;
        assert_eq!(ids(&store, "7").await, ["7"]);
        assert_eq!(store.destroy_sessions_of("7", None).await.unwrap(), 1);
        store.close().await;
        drop(store);
        // A pool may keep connections open, which report their statistics only when they end.
        fixture.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                     WHERE datname = current_database() AND pid <> pg_backend_pid()").await;
        let scans = "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'session_user.id_idx'";
        fixture.until(scans, "2").await;
    }
}

/// Collects what this thread logs while the guard lives.
pub(crate) fn capture_log() -> (Arc<Mutex<Vec<u8>>>, DefaultGuard) {
    let logged = Arc::new(Mutex::new(Vec::new()));
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let log = Arc::clone(&logged);
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || Log(Arc::clone(&log))).finish();
    (logged, tracing::subscriber::set_default(subscriber))
}

/// Returns the statement in the warning of setup, if it warns.
async fn advice(store: &PgStore) -> Option<String> {
    let (logged, _guard) = capture_log();
    store.setup().await.unwrap();
    let logged = String::from_utf8(logged.lock().unwrap().clone()).unwrap();
    logged.split("run: ").nth(1).map(|sql| sql.trim().to_owned())
}

#[tokio::test]
async fn for_a_table_with_rows_setup_only_logs_the_statement_that_creates_the_index() {
    let database = Database::new();
    let plain = PgStore::new(database.url()).unwrap();
    plain.setup().await.unwrap();
    plain.set("a", &json!({"user": {"id": 7}}), MINUTE).await.unwrap();
    let store = PgStore::builder(database.url()).subject("user.id").build().unwrap();
    let sql = advice(&store).await.unwrap();
    assert!(
        sql.starts_with(r#"CREATE INDEX CONCURRENTLY IF NOT EXISTS "session_user.id_idx" ON "public"."session""#),
        "{sql}"
    );
    assert_eq!(ids(&store, "7").await, ["a"]);

    let client = database.client().await;
    assert_eq!(client.query_one(INDEXES, &[]).await.unwrap().get::<_, i64>(0), 0);
    client.batch_execute(&sql).await.unwrap();
    assert_eq!(advice(&store).await, None);
    // An index with another name and of another kind is accepted.
    client
        .batch_execute(r#"DROP INDEX "session_user.id_idx"; CREATE INDEX ON session ((session #>> '{user,id}'))"#)
        .await
        .unwrap();
    assert_eq!(advice(&store).await, None);
    // An index on another path is not.
    let other = PgStore::builder(database.url()).subject("user.name").build().unwrap();
    assert!(advice(&other).await.unwrap().contains(r#""session_user.name_idx""#));
}

#[tokio::test]
async fn works_without_the_privilege_to_create_the_index() {
    let database = Database::new();
    let grants = "CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session json); \
                  GRANT SELECT, INSERT, UPDATE, DELETE ON session TO {role}";
    let url = role(&database, grants).await;
    for create in [true, false] {
        let store = PgStore::builder(&url).subject("user.id").create(create).build().unwrap();
        assert!(advice(&store).await.is_some());
        store.set("a", &json!({"user": {"id": 7}}), MINUTE).await.unwrap();
        assert_eq!(store.destroy_sessions_of("7", None).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn the_statement_for_a_partitioned_table_works() {
    let database = Database::new();
    let client = database.client().await;
    let sql = "CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session json) PARTITION BY HASH (id); \
               CREATE TABLE half PARTITION OF session FOR VALUES WITH (MODULUS 2, REMAINDER 0); \
               CREATE TABLE other_half PARTITION OF session FOR VALUES WITH (MODULUS 2, REMAINDER 1)";
    client.batch_execute(sql).await.unwrap();
    let store = PgStore::builder(database.url()).subject("user.id").build().unwrap();
    client.batch_execute(&advice(&store).await.unwrap()).await.unwrap();
    assert_eq!(advice(&store).await, None);
    store.set("a", &json!({"user": {"id": 7}}), MINUTE).await.unwrap();
    assert_eq!(ids(&store, "7").await, ["a"]);
}
