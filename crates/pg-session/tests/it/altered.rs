//! A table may be altered while stores use it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use pg_session::{Created, ErrorKind, PgStore, Rotated, Updated};
use serde_json::json;
use tokio::task::JoinSet;

use crate::via::{Fixture, Via, contract};

/// The time zone of all connections. Far from UTC, it exposes times read in the wrong zone. sqlx sets its own.
fn zone(fixture: &Fixture) -> &'static str {
    if fixture.via == Via::Sqlx { "UTC" } else { "Asia/Kolkata" }
}

const HOUR: Duration = Duration::from_secs(3600);

/// After each of them, the table still fits.
const ALTERS: [&str; 18] = [
    "ALTER TABLE session ALTER session TYPE jsonb",
    "ALTER TABLE session ALTER expiry TYPE timestamp",
    "ALTER TABLE session ALTER session TYPE json",
    "ALTER TABLE session ALTER expiry TYPE timestamptz",
    "ALTER TABLE session ALTER id TYPE varchar(200)",
    "ALTER TABLE session ALTER session TYPE jsonb, ALTER expiry TYPE timestamp, ALTER id TYPE text COLLATE \"default\"",
    "ALTER TABLE session ADD COLUMN note text",
    "ALTER TABLE session RENAME note TO remark",
    "ALTER TABLE session DROP COLUMN remark",
    "ALTER TABLE session ADD COLUMN seen timestamptz NOT NULL DEFAULT now()",
    "ALTER TABLE session SET (fillfactor = 50)",
    "CREATE INDEX altered ON session (expiry)",
    "VACUUM FULL session",
    "DROP INDEX altered",
    "ALTER TABLE session ALTER session TYPE json, ALTER expiry TYPE timestamptz",
    "ALTER TABLE session DROP CONSTRAINT session_pkey, ADD PRIMARY KEY (id)",
    "ALTER TABLE session SET UNLOGGED",
    "BEGIN; LOCK session; CREATE TABLE other (LIKE session INCLUDING ALL); INSERT INTO other SELECT * FROM session; \
     ALTER TABLE session RENAME TO old; ALTER TABLE other RENAME TO session; DROP TABLE old; COMMIT",
];

/// Returns a store on a new table, in a database with the time zone of [`zone`].
async fn store(fixture: &Fixture) -> PgStore {
    create_table(fixture).await;
    fixture.set_up(fixture.builder().connections(3)).await
}

pub(crate) async fn create_table(fixture: &Fixture) {
    fixture.sql(&format!("ALTER DATABASE \"{}\" SET timezone = '{}'", fixture.database.name(), zone(fixture))).await;
    fixture
        .sql("CREATE TABLE session (id text CONSTRAINT session_pkey PRIMARY KEY, expiry timestamptz, session json)")
        .await;
}

/// Runs one round of operations and checks their results.
async fn round(store: &PgStore, client: usize, round: usize) {
    let (id, next) = (format!("{client}-{round}"), format!("{client}-{}", round + 1));
    let loaded = store.get(&id).await.unwrap().unwrap_or_else(|| panic!("{id} should live"));
    assert_eq!(loaded.decode::<serde_json::Value>().unwrap(), json!({ "client": client, "round": round }));
    let left = loaded.expires_in();
    assert!(left > HOUR - Duration::from_secs(60) && left <= HOUR, "{left:?} left");
    assert!(store.touch(&id, HOUR + Duration::from_secs(600)).await.unwrap(), "{id} should live");
    assert_eq!(store.create(&id, &0, HOUR).await.unwrap(), Created::Exists);
    let updated = store.update(&loaded, &json!({ "client": client, "round": round + 1 }), HOUR).await.unwrap();
    assert!(matches!(updated, Updated::Saved | Updated::Merged), "{updated:?}");
    assert_eq!(store.rotate(&id, &next).await.unwrap(), Rotated::Rotated);
    assert!(!store.destroy(&id).await.unwrap());
    store.set("shared", &json!(client), HOUR).await.unwrap();
}

/// Starts clients that run rounds without pause. Returns them and their counts of rounds.
fn load(store: &PgStore, is_finished: &Arc<AtomicBool>) -> (JoinSet<()>, Arc<[AtomicUsize; 6]>) {
    let rounds = Arc::<[AtomicUsize; 6]>::default();
    let mut clients = JoinSet::new();
    for client in 0..rounds.len() {
        let (store, rounds, is_finished) = (store.clone(), Arc::clone(&rounds), Arc::clone(is_finished));
        clients.spawn(async move {
            store.set(&format!("{client}-0"), &json!({ "client": client, "round": 0 }), HOUR).await.unwrap();
            for number in 0.. {
                round(&store, client, number).await;
                rounds[client].store(number + 1, Ordering::Relaxed);
                if is_finished.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
    }
    (clients, rounds)
}

/// Waits until every client has finished two more rounds. The second of them began after the call.
async fn two_rounds(clients: &mut JoinSet<()>, rounds: &[AtomicUsize]) {
    let before: Vec<_> = rounds.iter().map(|rounds| rounds.load(Ordering::Relaxed)).collect();
    while before.iter().zip(rounds).any(|(before, rounds)| rounds.load(Ordering::Relaxed) < before + 2) {
        tokio::select! {
            Some(ended) = clients.join_next() => ended.unwrap(),
            () = tokio::time::sleep(Duration::from_millis(1)) => {}
        }
    }
}

/// Runs all [`ALTERS`] while clients of the store check every result.
pub(crate) async fn alter_under_load(fixture: &Fixture, store: &PgStore) {
    let is_finished = Arc::<AtomicBool>::default();
    let (mut clients, rounds) = load(store, &is_finished);
    for alter in ALTERS {
        fixture.sql(alter).await;
        two_rounds(&mut clients, &*rounds).await;
    }
    is_finished.store(true, Ordering::Relaxed);
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
}

contract! {
    async fn no_call_notices_an_alter_under_load(fixture: Fixture) {
        let store = store(&fixture).await;
        alter_under_load(&fixture, &store).await;
        store.close().await;
    }

    async fn old_and_new_connections_read_an_altered_table_correctly(fixture: Fixture) {
        let store = store(&fixture).await;
        let mut expected = BTreeMap::new();
        for (number, alter) in ALTERS.into_iter().enumerate() {
            let id = format!("{number}");
            store.set(&id, &json!({ "number": number }), HOUR).await.unwrap();
            expected.insert(id, json!({ "number": number }));
            fixture.sql(alter).await;
            if number % 2 == 0 {
                // New connections now use the old statements.
                fixture.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                             WHERE datname = current_database() AND pid <> pg_backend_pid()").await;
                fixture.until("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                               AND pid <> pg_backend_pid()", "0").await;
            }
            let mut reads = JoinSet::new();
            for id in expected.keys().cloned().chain((0..20).map(|number| format!("none-{number}"))) {
                let store = store.clone();
                reads.spawn(async move { (store.get(&id).await, id) });
            }
            while let Some(read) = reads.join_next().await {
                let (found, id) = read.unwrap();
                let found = match found {
                    Ok(found) => found,
                    // The caller's own client passes on that this test ended its connection.
                    Err(error) if error.is_retryable() => store.get(&id).await.unwrap(),
                    Err(error) => panic!("{alter}: {error}"),
                };
                let data = found.map(|found| (found.decode().unwrap(), found.expires_in() > HOUR / 2));
                assert_eq!(data, expected.get(&id).map(|data| (data.clone(), true)), "{alter}: {id}");
            }
            let all = store.all().await.unwrap();
            assert_eq!(all.len(), expected.len(), "{alter}");
            assert!(all.iter().all(|session| session.expires_in() > HOUR / 2), "{alter}");
        }
    }

    async fn an_alter_that_does_not_fit_is_reported_until_it_is_reverted(fixture: Fixture) {
        let store = store(&fixture).await;
        store.set("a", &1, HOUR).await.unwrap();
        for (alter, problem, revert) in [
            ("ALTER TABLE session RENAME session TO data", "\"session\" is missing", "ALTER TABLE session RENAME data TO session"),
            ("ALTER TABLE session ALTER session TYPE text", "is text", "ALTER TABLE session ALTER session TYPE json USING session::json"),
            ("ALTER TABLE session ALTER expiry TYPE date", "is date", "ALTER TABLE session ALTER expiry TYPE timestamptz USING now() + '1 h'"),
            ("ALTER TABLE session ADD COLUMN must text; ALTER TABLE session ALTER must SET NOT NULL", "is NOT NULL", "ALTER TABLE session DROP must"),
        ] {
            if alter.contains("must") {
                fixture.sql("TRUNCATE session").await;
            }
            fixture.sql(alter).await;
            let error = store.set("b", &1, HOUR).await.unwrap_err().to_string();
            assert!(error.contains(problem), "{alter}: {error}");
            fixture.sql(revert).await;
            store.set("a", &1, HOUR).await.unwrap();
            assert_eq!(store.get("a").await.unwrap().unwrap().json(), "1", "{revert}");
        }
    }
}

contract! {
    /// PostgreSQL sends the same SQLSTATE as if the table of the sessions were missing.
    async fn an_error_in_the_code_of_a_trigger_is_told_apart_from_a_table_that_does_not_fit(fixture: Fixture) {
        let store = store(&fixture).await;
        store.set("a", &1, Duration::ZERO).await.unwrap();
        for (code, sqlstate) in [
            ("INSERT INTO audit VALUES (1)", "42P01"),
            ("PERFORM audit(1)", "42883"),
            ("PERFORM missing FROM session", "42703"),
        ] {
            let sql = format!(
                "CREATE OR REPLACE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS \
                 $$ BEGIN {code}; RETURN coalesce(NEW, OLD); END $$; \
                 CREATE OR REPLACE TRIGGER audit BEFORE INSERT OR DELETE ON session FOR EACH ROW EXECUTE FUNCTION audit()"
            );
            fixture.sql(&sql).await;
            for error in [store.set("b", &1, HOUR).await.unwrap_err(), store.sweep().await.unwrap_err()] {
                assert_eq!((error.kind(), error.sqlstate()), (ErrorKind::Database, Some(sqlstate)), "{error}");
                let message = error.to_string();
                assert!(message.contains(r#"the table "public"."session" exists and fits"#), "{error}");
                assert!(!message.contains("make its columns fit") && !message.contains("create the table"), "{error}");
            }
            assert!(store.get("b").await.unwrap().is_none());
        }
        // It is the table itself after all.
        fixture.sql("ALTER TABLE session RENAME TO gone").await;
        let error = store.set("b", &1, HOUR).await.unwrap_err();
        assert_eq!((error.kind(), error.sqlstate()), (ErrorKind::Setup, Some("42P01")), "{error}");
    }
}

/// Only the store's own connections send batches.
#[tokio::test]
async fn a_batch_of_gets_reads_an_altered_table_correctly() {
    let fixture = Fixture::new(Via::Lanes);
    let store = store(&fixture).await;
    let ids: Vec<_> = (0..64).map(|number| format!("{number}")).collect();
    for id in &ids {
        store.set(id, &json!({ "id": id }), HOUR).await.unwrap();
    }
    for alter in ALTERS {
        fixture.sql(alter).await;
        let mut reads = JoinSet::new();
        for id in ids.clone() {
            let store = store.clone();
            reads.spawn(async move {
                let found = store.get(&id).await.unwrap().unwrap();
                assert_eq!(found.decode::<serde_json::Value>().unwrap(), json!({ "id": id }));
                assert!(found.expires_in() > HOUR / 2, "{:?}", found.expires_in());
            });
        }
        while let Some(read) = reads.join_next().await {
            read.unwrap();
        }
    }
}
