use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pg_session::{Client, ErrorKind, PgStore, PgStoreBuilder, Result, Rows, Session, Updated};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::via::{Fixture, MINUTE, Via, contract, deadpool};

/// Stores the session `a` with this data and returns it.
async fn loaded(store: &PgStore, data: &Value) -> Session {
    store.set("a", data, MINUTE).await.unwrap();
    found(store).await
}

async fn found(store: &PgStore) -> Session {
    store.get("a").await.unwrap().unwrap()
}

/// Returns a store whose table has this type of data.
async fn with_column(fixture: &Fixture, json: &str, options: fn(PgStoreBuilder) -> PgStoreBuilder) -> PgStore {
    fixture.sql(&format!("CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session {json})")).await;
    fixture.set_up(options(fixture.builder())).await
}

contract! {
    async fn saves_if_nobody_else_changed_the_session(fixture: Fixture) {
        let store = fixture.store().await;
        let base = loaded(&store, &json!({"views": 1})).await;
        assert_eq!(store.update(&base, &json!({"views": 2}), 9 * MINUTE).await.unwrap(), Updated::Saved);
        let session = found(&store).await;
        assert_eq!(session.json(), r#"{"views":2}"#);
        assert!(session.expires_in() > 8 * MINUTE);
    }

    async fn merges_with_concurrent_changes(fixture: Fixture) {
        for json in ["json", "jsonb"] {
            let store = with_column(&fixture, json, |builder| builder).await;
            let base = loaded(&store, &json!({"cart": {"pen": 1}, "theme": "dark", "big": 1e2})).await;
            let theirs = json!({"cart": {"pen": 1, "ink": 2}, "theme": "light", "big": 1e2});
            assert_eq!(store.update(&base, &theirs, MINUTE).await.unwrap(), Updated::Saved);
            let ours = json!({"cart": {"pen": 3}, "theme": "dark", "big": 1e2, "new": true});
            assert_eq!(store.update(&base, &ours, 9 * MINUTE).await.unwrap(), Updated::Merged);
            let both = json!({"cart": {"pen": 3, "ink": 2}, "theme": "light", "big": 1e2, "new": true});
            let session = found(&store).await;
            assert_eq!(session.decode::<Value>().unwrap(), both, "{json}");
            assert!(session.expires_in() > 8 * MINUTE);
            fixture.sql("DROP TABLE session").await;
        }
    }

    async fn merges_with_a_base_that_the_caller_kept(fixture: Fixture) {
        let store = fixture.store().await;
        let base = loaded(&store, &json!({"views": 1})).await;
        let kept = Session::from_parts("a", base.json());
        assert_eq!((kept.id(), kept.json(), kept.expires_in()), ("a", base.json(), Duration::ZERO));
        assert_eq!(store.update(&kept, &json!({"views": 2}), MINUTE).await.unwrap(), Updated::Saved);
        assert_eq!(store.update(&kept, &json!({"views": 1, "new": true}), MINUTE).await.unwrap(), Updated::Merged);
        assert_eq!(found(&store).await.json(), r#"{"views":2,"new":true}"#);
        let unrelated = Session::from_parts("a", "no JSON");
        assert_eq!(store.update(&unrelated, &json!({"views": 3}), MINUTE).await.unwrap(), Updated::Merged);
        assert_eq!(found(&store).await.json(), r#"{"views":3,"new":true}"#);
        assert_eq!(store.update(&Session::from_parts("b", "{}"), &json!({}), MINUTE).await.unwrap(), Updated::Gone);
    }

    async fn a_touch_is_no_conflict(fixture: Fixture) {
        let store = fixture.store().await;
        let base = loaded(&store, &json!({"views": 1})).await;
        assert!(store.touch("a", 9 * MINUTE).await.unwrap());
        assert_eq!(store.update(&base, &json!({"views": 2}), MINUTE).await.unwrap(), Updated::Saved);
    }

    async fn never_inserts(fixture: Fixture) {
        let store = fixture.store().await;
        let base = loaded(&store, &json!({"user": 7})).await;
        assert!(store.destroy("a").await.unwrap());
        assert_eq!(store.update(&base, &json!({"user": 7, "late": true}), MINUTE).await.unwrap(), Updated::Gone);
        assert_eq!(store.update(&base, &json!({"user": 7}), MINUTE).await.unwrap(), Updated::Gone);
        assert_eq!(fixture.value("SELECT count(*) FROM session").await, "0");
    }

    async fn never_revives_an_expired_session(fixture: Fixture) {
        let store = fixture.store().await;
        let base = loaded(&store, &json!({"user": 7})).await;
        fixture.sql("UPDATE session SET expiry = now() - interval '1 s'").await;
        let before = fixture.value("SELECT xmin FROM session").await;
        assert_eq!(store.update(&base, &json!({"user": 8}), MINUTE).await.unwrap(), Updated::Gone);
        assert_eq!(store.update(&base, &json!({"user": 7}), MINUTE).await.unwrap(), Updated::Gone);
        assert_eq!(fixture.value("SELECT xmin FROM session").await, before);
    }

    async fn equal_data_is_only_a_touch(fixture: Fixture) {
        let store = with_column(&fixture, "jsonb", |builder| builder).await;
        let base = loaded(&store, &json!({"n": 1.0, "view": 1e2})).await;
        let before = fixture.value("SELECT xmin FROM session").await;
        let same = RawValue::from_string(r#"{"view":1.000e2,"n":10e-1}"#.into()).unwrap();
        assert_eq!(store.update(&base, &same, MINUTE).await.unwrap(), Updated::Unchanged);
        assert_eq!(fixture.value("SELECT xmin FROM session").await, before);
        assert_eq!(store.update(&base, &same, 9 * MINUTE).await.unwrap(), Updated::Unchanged);
        assert!(found(&store).await.expires_in() > 8 * MINUTE);
    }

    async fn equal_data_does_not_undo_changes_of_others(fixture: Fixture) {
        let store = fixture.store().await;
        let base = loaded(&store, &json!({"views": 1})).await;
        store.set("a", &json!({"views": 2}), MINUTE).await.unwrap();
        assert_eq!(store.update(&base, &json!({"views": 1}), 9 * MINUTE).await.unwrap(), Updated::Unchanged);
        assert_eq!(found(&store).await.json(), r#"{"views":2}"#);
    }

    async fn a_logout_wins_over_a_concurrent_change(fixture: Fixture) {
        let store = fixture.store().await;
        let base = loaded(&store, &json!({"user": {"id": 7}, "views": 1})).await;
        assert_eq!(store.update(&base, &json!({"views": 1}), MINUTE).await.unwrap(), Updated::Saved);
        let late = json!({"user": {"id": 7, "seen": "now"}, "views": 2});
        assert_eq!(store.update(&base, &late, MINUTE).await.unwrap(), Updated::Merged);
        assert_eq!(found(&store).await.json(), r#"{"views":2}"#);
    }

    async fn keeps_the_data_to_the_byte(fixture: Fixture) {
        let store = fixture.store().await;
        let raw = |json: &str| RawValue::from_string(json.into()).unwrap();
        let (before, after) = (r#"{"z":1.50,"a":"\u0000"}"#, r#"{"z":1.50,"a":"\u0000\ud800","n":1e400}"#);
        store.set("a", &raw(before), MINUTE).await.unwrap();
        let base = found(&store).await;
        assert_eq!(store.update(&base, &raw(after), MINUTE).await.unwrap(), Updated::Saved);
        assert_eq!(found(&store).await.json(), after);
        assert_eq!(store.update(&base, &raw(r#"{"z":1.50,"a":"\u0000","k":-0}"#), MINUTE).await.unwrap(), Updated::Merged);
        assert_eq!(found(&store).await.json(), r#"{"z":1.50,"a":"\u0000\ud800","n":1e400,"k":-0}"#);
    }

    async fn a_row_without_data_reads_as_null(fixture: Fixture) {
        let store = fixture.store().await;
        fixture.sql("INSERT INTO session VALUES ('a', now() + '1 min', NULL)").await;
        let base = found(&store).await;
        assert_eq!(store.update(&base, &json!({"views": 1}), MINUTE).await.unwrap(), Updated::Saved);
        assert_eq!(store.update(&base, &json!({"cart": 1}), MINUTE).await.unwrap(), Updated::Merged);
        assert_eq!(found(&store).await.json(), r#"{"views":1,"cart":1}"#);
    }

    /// A caller repeats the update if the connection was lost after the first one.
    async fn a_repeated_update_changes_nothing(fixture: Fixture) {
        let store = fixture.store().await;
        let base = loaded(&store, &json!({"list": [1], "cart": {"pen": 1}, "old": 1})).await;
        let data = json!({"list": [1, 2], "cart": {"pen": 2}, "new": 1});
        for _ in 0..2 {
            assert_eq!(store.update(&base, &data, MINUTE).await.unwrap(), Updated::Saved);
            assert_eq!(found(&store).await.decode::<Value>().unwrap(), data);
        }
        store.set("a", &json!({"list": [1], "cart": {"pen": 1}, "old": 1, "theirs": 1}), MINUTE).await.unwrap();
        for _ in 0..2 {
            assert_eq!(store.update(&base, &data, MINUTE).await.unwrap(), Updated::Merged);
            let both = json!({"list": [1, 2], "cart": {"pen": 2}, "new": 1, "theirs": 1});
            assert_eq!(found(&store).await.decode::<Value>().unwrap(), both);
        }
    }

    async fn merged_data_over_max_size_is_refused(fixture: Fixture) {
        let store = fixture.set_up(fixture.builder().max_size(40)).await;
        let base = loaded(&store, &json!({})).await;
        assert_eq!(store.update(&base, &json!({"one": "x".repeat(20)}), MINUTE).await.unwrap(), Updated::Saved);
        let error = store.update(&base, &json!({"two": "x".repeat(20)}), MINUTE).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        let error = store.update(&base, &json!({"two": "x".repeat(40)}), MINUTE).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert_eq!(found(&store).await.decode::<Value>().unwrap(), json!({"one": "x".repeat(20)}));
    }

    async fn a_ttl_of_zero_expires_the_session_at_once(fixture: Fixture) {
        let store = fixture.store().await;
        let base = loaded(&store, &json!(1)).await;
        assert_eq!(store.update(&base, &json!(1), Duration::ZERO).await.unwrap(), Updated::Unchanged);
        assert_eq!(store.get("a").await.unwrap(), None);
        let base = loaded(&store, &json!(1)).await;
        assert_eq!(store.update(&base, &json!(2), Duration::ZERO).await.unwrap(), Updated::Saved);
        assert_eq!(store.get("a").await.unwrap(), None);
    }

    async fn no_change_of_many_concurrent_updates_is_lost(fixture: Fixture) {
        assert_none_lost(&fixture, 24).await;
    }

    async fn no_concurrent_update_brings_a_destroyed_session_back(fixture: Fixture) {
        let stores = [fixture.store().await, fixture.store().await];
        for round in 0..5 {
            let base = loaded(&stores[0], &json!({"user": 7})).await;
            let mut updates = JoinSet::new();
            for n in 0..12 {
                let (store, base) = (stores[n % 2].clone(), base.clone());
                let change = json!({"user": 7, n.to_string(): n});
                updates.spawn(async move { store.update(&base, &change, MINUTE).await.unwrap() });
            }
            for _ in 0..round {
                stores[0].get("a").await.unwrap();
            }
            assert!(stores[1].destroy("a").await.unwrap());
            assert_eq!(stores[0].get("a").await.unwrap(), None);
            updates.join_all().await;
            assert_eq!(stores[0].get("a").await.unwrap(), None);
        }
    }

    async fn waits_for_a_concurrent_transaction_and_merges(fixture: Fixture) {
        let store = fixture.store().await;
        let base = loaded(&store, &json!({"views": 1})).await;
        let other = fixture.database.client().await;
        other.batch_execute(r#"BEGIN; UPDATE session SET session = '{"views":1,"theirs":1}'"#).await.unwrap();
        let ours = json!({"views": 2});
        let commit = async {
            fixture.until_one_waits().await;
            other.batch_execute("COMMIT").await.unwrap();
        };
        assert_eq!(tokio::join!(store.update(&base, &ours, MINUTE), commit).0.unwrap(), Updated::Merged);
        assert_eq!(found(&store).await.json(), r#"{"views":2,"theirs":1}"#);
    }
}

/// Each update adds its own key to the same object of the same base, through one of two stores.
async fn assert_none_lost(fixture: &Fixture, updates: usize) {
    let stores = [fixture.store().await, fixture.store().await];
    let base = loaded(&stores[0], &json!({"cart": {"kept": true}})).await;
    let mut running = JoinSet::new();
    for n in 0..updates {
        let (store, base) = (stores[n % 2].clone(), base.clone());
        let change = json!({"cart": {"kept": true, n.to_string(): n}});
        running.spawn(async move { store.update(&base, &change, MINUTE).await.unwrap() });
    }
    let saved = running.join_all().await.into_iter().filter(|updated| *updated == Updated::Saved).count();
    assert_eq!(saved, 1, "all other updates merge with the first");
    let cart = found(&stores[0]).await.decode::<Value>().unwrap()["cart"].as_object().unwrap().len();
    assert_eq!(cart, updates + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_change_of_hundreds_of_concurrent_updates_is_lost() {
    assert_none_lost(&Fixture::new(Via::Lanes), 200).await;
}

#[tokio::test]
async fn updates_in_a_batch_have_the_outcomes_of_single_updates() {
    let fixture = Fixture::new(Via::Lanes);
    for json in ["json", "jsonb"] {
        let store = with_column(&fixture, json, |builder| builder.connections(1)).await;
        let ids = ["changed", "expired", "gone", "null", "plain"];
        let sql = "INSERT INTO session SELECT id, now() + '1 min', '{\"n\": 1}' \
                   FROM unnest(ARRAY['changed', 'expired', 'gone', 'null', 'plain']) AS id; \
                   UPDATE session SET session = NULL WHERE id = 'null'";
        fixture.sql(sql).await;
        let mut bases = Vec::new();
        for id in ids {
            bases.push(store.get(id).await.unwrap().unwrap());
        }
        fixture.sql("UPDATE session SET expiry = now() - interval '1 s' WHERE id = 'expired'").await;
        fixture.sql("DELETE FROM session WHERE id = 'gone'").await;
        fixture.sql("UPDATE session SET session = '{\"n\": 1, \"m\": 1}' WHERE id = 'changed'").await;

        let data = json!({"n": 2});
        let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(|n| store.update(&bases[n], &data, 9 * MINUTE));
        let (a, b, c, d, e) = tokio::join!(a, b, c, d, e);
        let outcomes = [Updated::Merged, Updated::Gone, Updated::Gone, Updated::Saved, Updated::Saved];
        assert_eq!([a, b, c, d, e].map(Result::unwrap), outcomes);
        let rows = "SELECT string_agg(id || (session->>'n') || coalesce(session->>'m', ''), ' ' ORDER BY id) \
                    FROM session WHERE expiry > now() + '8 min'";
        assert_eq!(fixture.value(rows).await, "changed21 null2 plain2");
        fixture.sql("DROP TABLE session").await;
    }
}

/// While connections are killed. A repeated update finds its own change if only the reply was lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_change_is_lost_if_connections_break() {
    let fixture = Fixture::new(Via::Lanes);
    let store = fixture.set_up(fixture.builder().timeout(MINUTE)).await;
    loaded(&store, &json!({})).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let mut callers = JoinSet::new();
    for caller in 0..8 {
        let (store, is_over) = (store.clone(), Arc::clone(&is_over));
        callers.spawn(async move {
            let mut count = 0;
            while !is_over.load(Ordering::Relaxed) {
                let base = found(&store).await;
                let mut data: Value = base.decode().unwrap();
                assert_eq!(data[caller.to_string()].as_u64().unwrap_or(0), count);
                count += 1;
                data[caller.to_string()] = json!(count);
                // The store does not resend a write that may have run. The caller may repeat the update.
                let updated = loop {
                    match store.update(&base, &data, MINUTE).await {
                        Err(error) if error.is_retryable() => {}
                        updated => break updated.unwrap(),
                    }
                };
                assert!(matches!(updated, Updated::Saved | Updated::Merged), "{updated:?}");
            }
            (caller.to_string(), json!(count))
        });
    }
    let killer = fixture.database.client().await;
    let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE application_name = 'pg-session' AND datname = current_database() AND state = 'active'";
    let mut killed = 0;
    while killed < 10 && callers.try_join_next().is_none() {
        killed += killer.query_one(sql, &[]).await.unwrap().get::<_, i64>(0);
        // Without pauses, calls would run out of retries.
        sleep(Duration::from_millis(20)).await;
    }
    is_over.store(true, Ordering::Relaxed);
    let all: serde_json::Map<_, _> = callers.join_all().await.into_iter().collect();
    assert_eq!(all.len(), 8, "a caller failed while connections were killed");
    assert_eq!(found(&store).await.decode::<Value>().unwrap(), Value::from(all));
}

/// A pool that counts the statements.
struct Counting(deadpool_postgres::Pool, Arc<AtomicUsize>);

impl Client for Counting {
    async fn query(&self, sql: &str, params: &[String]) -> Result<Rows> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.query(sql, params).await
    }
}

#[tokio::test]
async fn needs_one_statement_and_two_more_for_a_conflict() {
    let fixture = Fixture::new(Via::Deadpool);
    let count = Arc::new(AtomicUsize::new(0));
    let store = PgStore::builder(Counting(deadpool(&fixture.database.url()), Arc::clone(&count))).build().unwrap();
    store.setup().await.unwrap();
    let base = loaded(&store, &json!({})).await;
    for (data, outcome, statements) in [
        (json!({}), Updated::Unchanged, 1),
        (json!({"one": 1}), Updated::Saved, 1),
        (json!({"two": 2}), Updated::Merged, 3),
    ] {
        let before = count.load(Ordering::Relaxed);
        assert_eq!(store.update(&base, &data, MINUTE).await.unwrap(), outcome);
        assert_eq!(count.load(Ordering::Relaxed) - before, statements, "{outcome:?}");
    }
}

/// A pool beside which another process changes the session before each update.
struct Overtaken(deadpool_postgres::Pool);

impl Client for Overtaken {
    async fn query(&self, sql: &str, params: &[String]) -> Result<Rows> {
        if sql.contains("UPDATE") {
            let change = "UPDATE session SET session = json_build_object('n', clock_timestamp())";
            self.0.get().await.unwrap().batch_execute(change).await.unwrap();
        }
        self.0.query(sql, params).await
    }
}

#[tokio::test]
async fn fails_with_a_conflict_if_others_change_the_session_until_the_time_limit() {
    let fixture = Fixture::new(Via::Deadpool);
    fixture.store().await;
    let limit = Duration::from_millis(500);
    for _ in 0..3 {
        let client = Overtaken(deadpool(&fixture.database.url()));
        let store = PgStore::builder(client).timeout(limit).build().unwrap();
        // Opens the connection.
        let base = loaded(&store, &json!({})).await;
        let began = Instant::now();
        let error = store.update(&base, &json!({"mine": 1}), MINUTE).await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Conflict, true), "{error}");
        assert!(began.elapsed() >= limit && began.elapsed() < 2 * limit, "{:?}", began.elapsed());
    }
}
