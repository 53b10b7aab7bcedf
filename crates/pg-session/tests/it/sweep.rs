use std::time::{Duration, Instant};

use pg_session::{ErrorKind, PgStore};
use pg_session_testkit::Database;

use crate::sessions_of::capture_log;
use crate::via::{Fixture, MINUTE, contract};

const COUNT: &str = "SELECT count(*) FROM session";

/// 20,000 sessions, of which every second one has expired. They fill more than one slice of blocks or rows.
const FILL: &str = "INSERT INTO session SELECT n, now() + CASE n % 2 WHEN 0 THEN '1 h' ELSE '0' END::interval, '{}' \
                    FROM generate_series(1, 20000) AS n";

/// Takes the advisory lock of the sweeper.
const LOCK: &str = "SELECT pg_advisory_lock(1885827955, 'session'::regclass::oid::int4)";

contract! {
    async fn deletes_expired_sessions_and_returns_their_number(fixture: Fixture) {
        let store = fixture.store().await;
        fixture.sql(FILL).await;
        assert_eq!(store.sweep().await.unwrap(), 10_000);
        assert_eq!(fixture.value(COUNT).await, "10000");
        assert_eq!(store.sweep().await.unwrap(), 0);
        assert!(store.get("20000").await.unwrap().is_some());
    }

    async fn an_empty_table_is_swept(fixture: Fixture) {
        assert_eq!(fixture.store().await.sweep().await.unwrap(), 0);
    }

    async fn a_partitioned_table_is_swept_by_key(fixture: Fixture) {
        fixture.sql(
            "CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session json) PARTITION BY HASH (id); \
             CREATE TABLE session_0 PARTITION OF session FOR VALUES WITH (MODULUS 2, REMAINDER 0); \
             CREATE TABLE session_1 PARTITION OF session FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
        ).await;
        let store = fixture.store().await;
        fixture.sql(FILL).await;
        assert_eq!(store.sweep().await.unwrap(), 10_000);
        assert_eq!(fixture.value(COUNT).await, "10000");
    }

    async fn does_nothing_while_another_process_sweeps(fixture: Fixture) {
        let store = fixture.store().await;
        fixture.sql(FILL).await;
        let other = fixture.database.client().await;
        other.batch_execute(LOCK).await.unwrap();
        assert_eq!(store.sweep().await.unwrap(), 0);
        assert_eq!(fixture.value(COUNT).await, "20000");
        other.batch_execute("SELECT pg_advisory_unlock_all()").await.unwrap();
        assert_eq!(store.sweep().await.unwrap(), 10_000);
    }

    async fn concurrent_sweeps_count_each_session_once(fixture: Fixture) {
        let stores = [fixture.store().await, fixture.store().await, fixture.store().await];
        fixture.sql(FILL).await;
        let sweeps = stores.map(|store| tokio::spawn(async move { store.sweep().await.unwrap() }));
        let mut deleted = 0;
        for sweep in sweeps {
            deleted += sweep.await.unwrap();
        }
        assert_eq!((deleted, fixture.value(COUNT).await), (10_000, "10000".into()));
    }

    async fn skips_locked_rows(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("held", &1, Duration::ZERO).await.unwrap();
        store.set("free", &1, Duration::ZERO).await.unwrap();
        let other = fixture.database.client().await;
        other.batch_execute("BEGIN; SELECT FROM session WHERE id = 'held' FOR UPDATE").await.unwrap();
        let started = Instant::now();
        assert_eq!(store.sweep().await.unwrap(), 1);
        assert!(started.elapsed() < Duration::from_secs(3));
        other.batch_execute("ROLLBACK").await.unwrap();
        assert_eq!(store.sweep().await.unwrap(), 1);
    }

    async fn keeps_a_session_that_is_stored_again_meanwhile(fixture: Fixture) {
        let store = fixture.store().await;
        for round in 0..20 {
            store.set("a", &0, Duration::ZERO).await.unwrap();
            let sweep = tokio::spawn({ let store = store.clone(); async move { store.sweep().await } });
            store.set("a", &round, MINUTE).await.unwrap();
            sweep.await.unwrap().unwrap();
            assert!(store.get("a").await.unwrap().is_some());
        }
    }

    async fn continues_after_a_row_that_cannot_be_deleted(fixture: Fixture) {
        let store = fixture.store().await;
        fixture.sql(FILL).await;
        fixture.sql("CREATE TABLE visit (session text REFERENCES session); INSERT INTO visit VALUES ('1'), ('9999')").await;
        assert_swept_except_two(&fixture, &store).await;
    }

    async fn continues_by_key_after_a_row_that_cannot_be_deleted(fixture: Fixture) {
        fixture.sql(
            "CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session json) PARTITION BY HASH (id); \
             CREATE TABLE session_0 PARTITION OF session FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
        ).await;
        let store = fixture.store().await;
        fixture.sql(FILL).await;
        fixture.sql(
            "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'kept' USING ERRCODE = '23503'; END $$; \
             CREATE TRIGGER keep BEFORE DELETE ON session FOR EACH ROW WHEN (OLD.id = '1' OR OLD.id = '9999') \
             EXECUTE FUNCTION keep()",
        ).await;
        assert_swept_except_two(&fixture, &store).await;
    }

    async fn a_lock_that_is_never_released_is_ignored_after_a_day_with_a_warning(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &1, Duration::ZERO).await.unwrap();
        let other = fixture.database.client().await;
        other.batch_execute(LOCK).await.unwrap();
        let (logged, _guard) = capture_log();
        // A day of sweeps at the default interval of 45 minutes.
        for _ in 1..24 * 60 / 45 {
            assert_eq!(store.sweep().await.unwrap(), 0);
        }
        let warnings = || String::from_utf8_lossy(&logged.lock().unwrap()).matches("pg_locks").count();
        assert_eq!((warnings(), store.sweep().await.unwrap(), warnings()), (0, 1, 1));
        store.set("b", &1, Duration::ZERO).await.unwrap();
        assert_eq!((store.sweep().await.unwrap(), warnings()), (1, 1));
        other.batch_execute("SELECT pg_advisory_unlock_all()").await.unwrap();
        assert_eq!(store.sweep().await.unwrap(), 0);
        other.batch_execute(LOCK).await.unwrap();
        store.set("c", &1, Duration::ZERO).await.unwrap();
        assert_eq!(store.sweep().await.unwrap(), 0);
    }
}

async fn assert_swept_except_two(fixture: &Fixture, store: &PgStore) {
    let error = store.sweep().await.unwrap_err();
    assert_eq!((error.kind(), error.sqlstate()), (ErrorKind::Database, Some("23503")));
    assert_eq!(
        fixture.value("SELECT string_agg(id, ' ' ORDER BY id) FROM session WHERE expiry <= now()").await,
        "1 9999"
    );
    assert_eq!(fixture.value(COUNT).await, "10002");
}

async fn swept(database: &Database) -> bool {
    let client = database.client().await;
    for _ in 0..100 {
        if client.query_one("SELECT count(*) FROM session", &[]).await.unwrap().get::<_, i64>(0) == 0 {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

#[tokio::test]
async fn the_sweeper_runs_at_its_interval_and_survives_errors() {
    let database = Database::new();
    let interval = Duration::from_millis(50);
    let store = PgStore::builder(database.url()).cleanup_interval(interval).create(false).build().unwrap();
    // The first rounds find no table.
    store.setup().await.unwrap_err();
    tokio::time::sleep(3 * interval).await;
    let ddl = "CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session json); \
               INSERT INTO session VALUES ('a', now(), '1')";
    database.client().await.batch_execute(ddl).await.unwrap();
    assert!(swept(&database).await);
    store.set("b", &1, Duration::ZERO).await.unwrap();
    assert!(swept(&database).await);
}

#[tokio::test]
async fn the_sweeper_stops_with_the_store() {
    let database = Database::new();
    let store = PgStore::new(database.url()).unwrap();
    store.setup().await.unwrap();
    let tasks = tokio::runtime::Handle::current().metrics();
    assert!(tasks.num_alive_tasks() > 0);
    drop(store);
    for _ in 0..100 {
        if tasks.num_alive_tasks() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} tasks still run", tasks.num_alive_tasks());
}

/// A slice needs no index on the expiry.
#[tokio::test]
async fn a_slice_reads_only_its_blocks() {
    let database = Database::new();
    let store = PgStore::new(database.url()).unwrap();
    store.setup().await.unwrap();
    let client = database.client().await;
    client.batch_execute(FILL).await.unwrap();
    client.batch_execute("ANALYZE session").await.unwrap();
    let indexes = "SELECT count(*) FROM pg_index WHERE indrelid = 'session'::regclass";
    assert_eq!(client.query_one(indexes, &[]).await.unwrap().get::<_, i64>(0), 1);
    let slice = "EXPLAIN SELECT ctid FROM session WHERE ctid >= '(0,0)' AND ctid < '(64,0)' AND expiry <= now()";
    let plan = client.query(slice, &[]).await.unwrap();
    assert!(plan.iter().any(|line| line.get::<_, String>(0).contains("Tid Range Scan")), "{plan:?}");
}
