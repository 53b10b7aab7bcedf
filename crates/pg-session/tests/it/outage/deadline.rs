//! No call takes longer than its time limit, whatever it waits for.

use std::time::{Duration, Instant};

use pg_session::{ErrorKind, PgStore, PgStoreBuilder, Session};
use pg_session_testkit::Proxy;
use serde_json::json;
use tokio::task::JoinSet;

use crate::via::{Fixture, MINUTE, contract};

const LIMIT: Duration = Duration::from_millis(1_000);
/// A tenth more, and some slack for a busy machine.
const LATEST: Duration = Duration::from_millis(1_100 + 150);

/// Creates the table first, which may take longer than the short limit on a busy machine.
async fn set_up(fixture: &Fixture, builder: PgStoreBuilder) -> PgStore {
    fixture.store().await;
    let store = builder.build().unwrap();
    while store.setup().await.is_err() {}
    store
}

contract! {
    async fn updates_in_an_outage_are_unavailable_and_in_time(fixture: Fixture) {
        let proxy = Proxy::start(&fixture.database.url()).await.unwrap();
        let store = set_up(&fixture, fixture.builder_at(proxy.url()).timeout(LIMIT)).await;
        store.set("a", &json!({"n": 0}), MINUTE).await.unwrap();
        // None of them is what is stored: each has to read it and to merge.
        let outdated = Session::from_parts("a", r#"{"n": "outdated"}"#);
        let updates: JoinSet<_> = (0..20).map(|n: i32| {
            let (store, outdated) = (store.clone(), outdated.clone());
            async move {
                let began = Instant::now();
                let updated = store.update(&outdated, &json!({"n": "outdated", n.to_string(): n}), MINUTE).await;
                (began.elapsed(), updated)
            }
        }).collect();
        let holding = async {
            tokio::time::sleep(Duration::from_millis(3)).await;
            proxy.hold_answers();
            proxy.hold_connections();
        };
        let (updates, ()) = tokio::join!(updates.join_all(), holding);
        for (took, updated) in updates {
            assert!(took < LATEST, "{took:?}");
            if let Err(error) = updated {
                assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
            }
        }
        proxy.release();
    }

    async fn a_setup_without_an_answer_ends_in_time(fixture: Fixture) {
        let proxy = Proxy::start(&fixture.database.url()).await.unwrap();
        let store = set_up(&fixture, fixture.builder_at(proxy.url()).timeout(LIMIT)).await;
        store.set("a", &1, MINUTE).await.unwrap();
        proxy.hold_answers();
        proxy.hold_connections();
        let calls: JoinSet<_> = (0..12).map(|n| {
            let store = store.clone();
            async move {
                tokio::time::sleep(Duration::from_millis(50 * n)).await;
                let began = Instant::now();
                let error = match n % 3 {
                    0 => store.setup().await.unwrap_err(),
                    1 => store.get("a").await.unwrap_err(),
                    _ => store.rotate("a", "b").await.unwrap_err(),
                };
                (began.elapsed(), error)
            }
        }).collect();
        for (took, error) in calls.join_all().await {
            assert!(took < LATEST, "{took:?}: {error}");
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        }
        proxy.release();
    }

    /// PostgreSQL refuses the statement as if the table had changed, and then another transaction locks the table, whose size
    /// the store reads for the option subject.
    async fn a_setup_after_a_refusal_shares_the_limit_of_the_call(fixture: Fixture) {
        let sql = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
                   $$ BEGIN PERFORM pg_sleep(0.6); RAISE 'no' USING ERRCODE = '42P01'; END $$; \
                   CREATE TRIGGER refuse BEFORE INSERT ON session FOR EACH STATEMENT EXECUTE FUNCTION refuse()";
        let store = set_up(&fixture, fixture.builder().subject("user").timeout(LIMIT)).await;
        fixture.sql(sql).await;
        let other = fixture.database.client().await;
        let began = Instant::now();
        let locking = async {
            fixture.until("SELECT count(*) FROM pg_locks WHERE mode = 'RowExclusiveLock' AND relation = 'session'::regclass", "1").await;
            other.batch_execute("BEGIN; LOCK TABLE session").await.unwrap();
        };
        let (set, ()) = tokio::join!(async { (store.set("a", &1, MINUTE).await, began.elapsed()) }, locking);
        let (outcome, took) = set;
        assert!(outcome.is_err() && took > Duration::from_millis(600) && took < LATEST, "{took:?}: {outcome:?}");
    }

    /// The answers come, but each one late.
    async fn operations_of_several_statements_have_one_limit(fixture: Fixture) {
        let store = set_up(&fixture, fixture.builder().timeout(LIMIT)).await;
        store.set("a", &json!({"n": 0}), MINUTE).await.unwrap();
        let sql = "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS \
                   $$ BEGIN PERFORM pg_sleep(0.7); RETURN NULL; END $$; \
                   CREATE TRIGGER slow BEFORE UPDATE ON session FOR EACH STATEMENT EXECUTE FUNCTION slow()";
        fixture.sql(sql).await;
        let began = Instant::now();
        let outdated = Session::from_parts("a", r#"{"n": "outdated"}"#);
        let _ = store.update(&outdated, &json!({"n": "outdated", "m": 1}), MINUTE).await;
        assert!(began.elapsed() < LATEST, "{:?}", began.elapsed());
    }
}
