//! Only the database's clock counts, whatever the time zones of the server, the role and the process.

use std::time::Duration;

use pg_session::PgStore;
use pg_session_testkit::Database;

use crate::via::{MINUTE, contract};

const ZONES: [&str; 4] = ["UTC", "Pacific/Kiritimati", "Pacific/Niue", "Asia/Kolkata"];

/// Returns the URL of a process with its own time zone.
fn in_zone(url: &str, zone: &str) -> String {
    format!("{url}?options=-c%20TimeZone%3D{}", zone.replace('/', "%2F"))
}

async fn store(url: &str) -> PgStore {
    let store = PgStore::builder(url).cleanup_interval(Duration::ZERO).build().unwrap();
    store.setup().await.unwrap();
    store
}

#[tokio::test]
async fn processes_in_different_zones_share_a_table() {
    let database = Database::new();
    for writer in ZONES {
        let writer = store(&in_zone(&database.url(), writer)).await;
        writer.set("live", &1, MINUTE).await.unwrap();
        writer.set("dead", &1, Duration::ZERO).await.unwrap();
        for reader in ZONES {
            let reader = store(&in_zone(&database.url(), reader)).await;
            let left = reader.get("live").await.unwrap().unwrap().expires_in();
            assert!(left <= MINUTE && left > MINUTE / 2, "{left:?}");
            assert_eq!(reader.get("dead").await.unwrap(), None);
        }
        assert_eq!(writer.sweep().await.unwrap(), 1);
    }
}

/// The statements of koa-pg-session.
const KOA_SET: &str = "INSERT INTO session VALUES ($1, to_timestamp($2), '{}') \
                       ON CONFLICT (id) DO UPDATE SET expiry = excluded.expiry";
const KOA_CLEANUP: &str = "DELETE FROM session WHERE expiry <= to_timestamp($1)";

/// A `timestamp` column holds local times of the database's default zone.
#[tokio::test]
async fn a_timestamp_column_is_shared_with_koa_pg_session() {
    for zone in ZONES {
        let database = Database::new();
        let client = database.client().await;
        let ddl = format!(
            "CREATE TABLE session (id text PRIMARY KEY, expiry timestamp, session json); \
             ALTER DATABASE {} SET TimeZone = '{zone}'",
            database.name()
        );
        client.batch_execute(&ddl).await.unwrap();
        let (ours, koa) = (store(&database.url()).await, database.client().await);
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();

        koa.execute(KOA_SET, &[&"theirs", &(now + 60.0)]).await.unwrap();
        koa.execute(KOA_SET, &[&"their-old", &(now - 60.0)]).await.unwrap();
        let left = ours.get("theirs").await.unwrap().unwrap().expires_in();
        assert!(left <= MINUTE && left > MINUTE / 2, "{zone}: {left:?}");
        assert_eq!(ours.get("their-old").await.unwrap(), None);

        ours.set("ours", &1, MINUTE).await.unwrap();
        ours.set("our-old", &1, Duration::from_millis(1)).await.unwrap();
        assert_eq!(koa.execute(KOA_CLEANUP, &[&(now + 1.0)]).await.unwrap(), 2, "{zone}");
        assert!(ours.get("ours").await.unwrap().is_some());
        assert_eq!(koa.execute(KOA_CLEANUP, &[&(now + 90.0)]).await.unwrap(), 2, "{zone}");
    }
}

contract! {
    /// Setup reads the zone. The settings of later connections make no difference.
    async fn a_later_change_of_the_default_zone_changes_nothing(fixture: Fixture) {
        fixture.sql("CREATE TABLE session (id text PRIMARY KEY, expiry timestamp, session json)").await;
        let store = fixture.store().await;
        store.set("live", &1, MINUTE).await.unwrap();
        store.set("dead", &1, Duration::ZERO).await.unwrap();
        for zone in ZONES {
            fixture.sql(&format!("ALTER DATABASE {} SET TimeZone = '{zone}'", fixture.database.name())).await;
            fixture.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                         WHERE datname = current_database() AND pid <> pg_backend_pid()").await;
            let left = loop {
                match store.get("live").await {
                    Ok(session) => break session.expect("it lives").expires_in(),
                    Err(error) => assert!(error.is_retryable(), "{error}"),
                }
            };
            assert!(left <= MINUTE && left > MINUTE / 2, "{left:?}");
            assert!(store.get("dead").await.unwrap().is_none());
        }
        assert_eq!(store.sweep().await.unwrap(), 1);
    }
}

/// When the clocks go back, an hour of local times occurs twice.
#[tokio::test]
async fn a_session_never_ends_early_when_the_clocks_go_back() {
    let database = Database::new();
    let client = database.client().await;
    let ddl = format!(
        "CREATE TABLE session (id text PRIMARY KEY, expiry timestamp, session json); \
         ALTER DATABASE {} SET TimeZone = 'Europe/Vienna'",
        database.name()
    );
    client.batch_execute(&ddl).await.unwrap();
    let store = store(&database.url()).await;
    store.set("a", &1, Duration::from_secs(3 * 366 * 24 * 3600)).await.unwrap();
    let left = store.get("a").await.unwrap().unwrap().expires_in();
    assert!(left.as_secs().abs_diff(3 * 366 * 24 * 3600) <= 3600, "{left:?}");
}
