use std::time::Duration;

use pg_session::{Created, ErrorKind, MAX_TTL, PgStore, Rotated, Updated};
use serde_json::json;

use crate::via::{Fixture, MINUTE, Via, contract};

const HOUR: Duration = Duration::from_secs(3600);
const AGE: &str = "SELECT round(extract(epoch FROM now() - created) / 60) FROM session";

/// Returns a store whose sessions live for an hour at most.
async fn store(fixture: &Fixture) -> PgStore {
    fixture.set_up(fixture.builder().max_age(HOUR).subject("user").touch_every(Duration::ZERO)).await
}

/// Gives all sessions this age.
async fn set_age(fixture: &Fixture, minutes: u32) {
    fixture.sql(&format!("UPDATE session SET created = now() - interval '{minutes} min'")).await;
}

contract! {
    async fn ends_a_session_despite_a_later_expiry(fixture: Fixture) {
        let store = store(&fixture).await;
        store.set("a", &json!({"user": 7}), 24 * HOUR).await.unwrap();
        let base = store.get("a").await.unwrap().unwrap();
        assert!(base.expires_in() > 59 * MINUTE && base.expires_in() <= HOUR, "{base:?}");
        set_age(&fixture, 61).await;
        assert_eq!(store.get("a").await.unwrap(), None);
        assert!(!store.touch("a", 24 * HOUR).await.unwrap());
        assert_eq!(store.update(&base, &json!({"user": 8}), 24 * HOUR).await.unwrap(), Updated::Gone);
        assert_eq!(store.update(&base, &json!({"user": 7}), 24 * HOUR).await.unwrap(), Updated::Gone);
        assert_eq!(store.rotate("a", "b").await.unwrap(), Rotated::Gone);
        assert_eq!(store.sessions_of("7").await.unwrap(), []);
        assert_eq!((store.count().await.unwrap(), store.all().await.unwrap()), (0, vec![]));
        assert!(!store.destroy("a").await.unwrap());

        store.set("a", &json!({"user": 7}), 24 * HOUR).await.unwrap();
        set_age(&fixture, 61).await;
        assert_eq!(store.destroy_sessions_of("7", None).await.unwrap(), 0);
        store.set("a", &1, 24 * HOUR).await.unwrap();
        set_age(&fixture, 61).await;
        assert_eq!(store.sweep().await.unwrap(), 1);
    }

    async fn the_earlier_limit_counts(fixture: Fixture) {
        let store = store(&fixture).await;
        store.set("a", &1, 2 * MINUTE).await.unwrap();
        set_age(&fixture, 50).await;
        assert!(store.get("a").await.unwrap().unwrap().expires_in() <= 2 * MINUTE);
        assert!(store.touch("a", 30 * MINUTE).await.unwrap());
        let left = store.get("a").await.unwrap().unwrap().expires_in();
        assert!(left > 9 * MINUTE && left <= 10 * MINUTE, "{left:?}");
    }

    async fn every_operation_keeps_the_age_of_a_live_session(fixture: Fixture) {
        let store = store(&fixture).await;
        store.set("a", &1, MINUTE).await.unwrap();
        set_age(&fixture, 50).await;
        store.set("a", &2, MINUTE).await.unwrap();
        assert!(store.touch("a", 2 * MINUTE).await.unwrap());
        let base = store.get("a").await.unwrap().unwrap();
        assert_eq!(store.update(&base, &3, MINUTE).await.unwrap(), Updated::Saved);
        assert_eq!(store.create("a", &4, MINUTE).await.unwrap(), Created::Exists);
        assert_eq!(store.rotate("a", "b").await.unwrap(), Rotated::Rotated);
        assert_eq!(fixture.value(AGE).await, "50");
    }

    async fn a_session_that_replaces_an_expired_one_is_new(fixture: Fixture) {
        let store = store(&fixture).await;
        store.set("a", &1, MINUTE).await.unwrap();
        set_age(&fixture, 61).await;
        store.set("a", &2, MINUTE).await.unwrap();
        assert_eq!(fixture.value(AGE).await, "0");
        set_age(&fixture, 61).await;
        assert_eq!(store.create("a", &3, MINUTE).await.unwrap(), Created::Created);
        assert_eq!(fixture.value(AGE).await, "0");
        set_age(&fixture, 50).await;
        store.set("a", &4, Duration::ZERO).await.unwrap();
        store.set("a", &5, MINUTE).await.unwrap();
        assert_eq!(fixture.value(AGE).await, "0");
        store.set("b", &1, MINUTE).await.unwrap();
        set_age(&fixture, 61).await;
        assert_eq!(store.rotate("a", "b").await.unwrap(), Rotated::Gone);
        store.set("a", &6, MINUTE).await.unwrap();
        assert_eq!(store.rotate("a", "b").await.unwrap(), Rotated::Rotated);
        assert_eq!(store.get("b").await.unwrap().unwrap().json(), "6");
    }

    async fn a_table_without_the_column_is_refused_and_the_message_adds_it(fixture: Fixture) {
        fixture.sql("CREATE TABLE session (id text PRIMARY KEY, expiry timestamp, session jsonb)").await;
        fixture.sql("INSERT INTO session VALUES ('a', now() AT TIME ZONE 'UTC' + interval '1 day', '1')").await;
        let store = fixture.builder().max_age(HOUR).build().unwrap();
        let error = store.setup().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Setup);
        let message = error.to_string();
        fixture.sql(&message[message.find("ALTER TABLE").unwrap()..]).await;
        let left = store.get("a").await.unwrap().unwrap().expires_in();
        assert!(left > 59 * MINUTE && left <= HOUR, "{left:?}");
        fixture.sql("INSERT INTO session VALUES ('no expiry', NULL, '1')").await;
        assert_eq!(store.get("no expiry").await.unwrap(), None);

        fixture.sql("ALTER TABLE session ALTER created DROP DEFAULT, ALTER created DROP NOT NULL").await;
        let store = fixture.builder().max_age(HOUR).build().unwrap();
        let message = store.setup().await.unwrap_err().to_string();
        fixture.sql(&message[message.find("ALTER TABLE").unwrap()..]).await;
        store.setup().await.unwrap();

        fixture.sql("ALTER TABLE session ALTER created TYPE timestamp").await;
        let message = fixture.builder().max_age(HOUR).build().unwrap().setup().await.unwrap_err().to_string();
        assert!(message.contains("must be timestamp with time zone"), "{message}");
    }

    /// Such as koa-pg-session on the same table.
    async fn sessions_of_other_clients_have_an_age(fixture: Fixture) {
        let store = store(&fixture).await;
        fixture.sql("INSERT INTO session (id, expiry, session) VALUES ('a', now() + interval '1 day', '1')").await;
        assert!(store.get("a").await.unwrap().unwrap().expires_in() <= HOUR);
        set_age(&fixture, 61).await;
        assert_eq!(store.get("a").await.unwrap(), None);
    }

    async fn zero_and_more_than_the_longest_ttl_are_refused(fixture: Fixture) {
        for age in [Duration::ZERO, MAX_TTL + MINUTE] {
            let error = fixture.builder().max_age(age).build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
        }
        let store = fixture.set_up(fixture.builder().max_age(MAX_TTL)).await;
        store.set("a", &1, MINUTE).await.unwrap();
        assert!(store.get("a").await.unwrap().is_some());
    }
}

#[tokio::test]
async fn calls_in_a_batch_have_the_outcomes_of_single_calls() {
    let fixture = Fixture::new(Via::Lanes);
    let builder = fixture.builder().max_age(HOUR).connections(1);
    let store = &fixture.set_up(builder).await;
    for id in ["old", "young"] {
        store.set(id, &1, 24 * HOUR).await.unwrap();
    }
    let [old, young] = ["old", "young"].map(|id| async move { store.get(id).await.unwrap().unwrap() });
    let (old, young) = tokio::join!(old, young);
    assert!(young.expires_in() <= HOUR, "{young:?}");
    fixture.sql("UPDATE session SET created = now() - interval '61 min' WHERE id = 'old'").await;

    let (one, other) = tokio::join!(store.get("old"), store.get("young"));
    assert_eq!((one.unwrap().is_some(), other.unwrap().is_some()), (false, true));
    let (one, other) = tokio::join!(store.touch("old", HOUR), store.touch("young", HOUR));
    assert_eq!((one.unwrap(), other.unwrap()), (false, true));
    let (one, other) = tokio::join!(store.update(&old, &2, HOUR), store.update(&young, &2, HOUR));
    assert_eq!((one.unwrap(), other.unwrap()), (Updated::Gone, Updated::Saved));
    let (one, other) = tokio::join!(store.create("old", &3, HOUR), store.create("young", &3, HOUR));
    assert_eq!((one.unwrap(), other.unwrap()), (Created::Created, Created::Exists));

    fixture.sql("UPDATE session SET created = now() - CASE id WHEN 'old' THEN 61 ELSE 30 END * interval '1 min'").await;
    let (one, other) = tokio::join!(store.set("old", &4, HOUR), store.set("young", &4, HOUR));
    one.and(other).unwrap();
    let ages = "SELECT string_agg(id || round(extract(epoch FROM now() - created) / 60), ' ' ORDER BY id) FROM session";
    assert_eq!(fixture.value(ages).await, "old0 young30");
    fixture.sql("UPDATE session SET created = now() - interval '61 min' WHERE id = 'old'").await;
    let (one, other) = tokio::join!(store.destroy("old"), store.destroy("young"));
    assert_eq!((one.unwrap(), other.unwrap()), (false, true));
}
