//! What PostgreSQL rolls back in favour of a concurrent statement is sent again.

use std::time::{Duration, Instant};

use pg_session::{PgStore, Renewal, Rotated};
use pg_session_testkit::{PgBouncer, Server};
use serde_json::json;
use tokio::task::JoinSet;

use crate::via::{Fixture, MINUTE, Via, contract};

/// Creates the table with a trigger that fails the first `times` writes, in each of its statements.
async fn fail(fixture: &Fixture, sqlstate: &str, times: u32) {
    let sql = format!(
        "CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session json); \
         CREATE SEQUENCE failures; \
         CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$ BEGIN \
           IF nextval('failures') <= {times} THEN RAISE 'no' USING ERRCODE = '{sqlstate}'; END IF; RETURN coalesce(NEW, OLD); \
         END $$; \
         CREATE TRIGGER fail BEFORE INSERT OR UPDATE OR DELETE ON session FOR EACH ROW EXECUTE FUNCTION fail()"
    );
    fixture.sql(&sql).await;
}

/// Runs every operation that writes. Before each, its first two writes are made to fail.
async fn run_every_write(fixture: &Fixture, store: &PgStore) {
    let again = || fixture.sql("ALTER SEQUENCE failures RESTART");
    again().await;
    store.set("a", &1, MINUTE).await.unwrap();
    again().await;
    let _ = store.create("b", &1, MINUTE).await.unwrap();
    again().await;
    assert!(store.touch("a", 9 * MINUTE).await.unwrap());
    again().await;
    assert!(store.touch("a", None).await.unwrap());
    let base = store.get("a").await.unwrap().unwrap();
    again().await;
    let _ = store.update(&base, &2, MINUTE).await.unwrap();
    again().await;
    assert_eq!(store.rotate("a", "c").await.unwrap(), Rotated::Rotated);
    again().await;
    assert!(store.take("c").await.unwrap().is_some());
    again().await;
    let renewal = Renewal { base: &base, taken: Some(&base), own_keys: &[] };
    assert!(store.renew("d", &renewal, &json!(3), MINUTE).await.unwrap());
    again().await;
    assert!(store.destroy("b").await.unwrap());
    store.set("e", &1, Duration::ZERO).await.unwrap();
    again().await;
    assert_eq!(store.sweep().await.unwrap(), 1);
    again().await;
    store.clear().await.unwrap();
}

contract! {
    async fn every_operation_succeeds_after_rollbacks(fixture: Fixture) {
        for sqlstate in ["40001", "40P01"] {
            fail(&fixture, sqlstate, 2).await;
            run_every_write(&fixture, &fixture.store().await).await;
            fixture.sql("DROP TABLE session; DROP SEQUENCE failures; DROP FUNCTION fail").await;
        }
    }

    async fn endless_rollbacks_are_an_error_within_the_time_limit(fixture: Fixture) {
        fail(&fixture, "40001", 1_000_000).await;
        let store = fixture.set_up(fixture.builder().timeout(Duration::from_secs(5))).await;
        let began = Instant::now();
        let error = store.set("a", &1, MINUTE).await.unwrap_err();
        assert!(error.is_retryable() && error.to_string().starts_with("set: "), "{error}");
        assert!(began.elapsed() < Duration::from_millis(5500), "{:?}", began.elapsed());
    }

    async fn stricter_isolation_of_the_role_fails_no_call(fixture: Fixture) {
        for level in ["serializable", "repeatable read"] {
            let name = fixture.database.name();
            fixture.sql(&format!("ALTER DATABASE {name} SET default_transaction_isolation = '{level}'")).await;
            let store = fixture.set_up(fixture.builder().timeout(MINUTE)).await;
            rotate_beside_touch(&store, 8).await;
            store.clear().await.unwrap();
        }
    }

    async fn on_hash_partitions_rotate_beside_touch_fails_no_call(fixture: Fixture) {
        fixture.sql(
            "CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session json) PARTITION BY HASH (id); \
             CREATE TABLE one PARTITION OF session FOR VALUES WITH (MODULUS 2, REMAINDER 0); \
             CREATE TABLE two PARTITION OF session FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
        ).await;
        rotate_beside_touch(&fixture.set_up(fixture.builder().timeout(MINUTE)).await, 12).await;
    }
}

/// Gives sessions new ids while others touch, read and save them.
async fn rotate_beside_touch(store: &PgStore, rounds: usize) {
    let mut callers = JoinSet::new();
    for n in 0..4 {
        let session = move |round: usize| format!("{n} {round}");
        store.set(&session(0), &0, MINUTE).await.unwrap();
        let rotating = store.clone();
        callers.spawn(async move {
            for round in 0..rounds {
                assert_eq!(rotating.rotate(&session(round), &session(round + 1)).await.unwrap(), Rotated::Rotated);
            }
        });
        for _ in 0..2 {
            let store = store.clone();
            callers.spawn(async move {
                for round in 0..rounds {
                    store.touch(&session(round), 9 * MINUTE).await.unwrap();
                    store.touch(&session(round + 1), MINUTE).await.unwrap();
                    if let Some(base) = store.get(&session(round)).await.unwrap() {
                        let _ = store.update(&base, &round, MINUTE).await.unwrap();
                    }
                }
            });
        }
    }
    callers.join_all().await;
}

#[tokio::test]
async fn behind_a_pooler_too() {
    let Some(pooler) = PgBouncer::start(Server::shared(), 2, &[]).unwrap() else { return };
    let fixture = Fixture::new(Via::Lanes);
    let name = fixture.database.name();
    fixture.sql(&format!("ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")).await;
    fail(&fixture, "40001", 2).await;
    let store = fixture.set_up(fixture.builder_at(&pooler.address().url(name))).await;
    run_every_write(&fixture, &store).await;
}
