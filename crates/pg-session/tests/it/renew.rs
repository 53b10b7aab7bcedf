use std::time::Duration;

use pg_session::{ErrorKind, PgStore, Renewal, RequestStore, Session, Updated};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::via::{MINUTE, contract};

const COLUMNS: &str = "id text PRIMARY KEY, expiry timestamptz, session json";
const CREATED: &str = "SELECT to_char(created AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') FROM session";

/// Loads the session `old` and takes it, like a middleware that renews the id. Others store `meanwhile` in between.
async fn loaded_and_taken(store: &PgStore, meanwhile: Option<&Value>) -> (Session, Option<Session>) {
    let base = store.get("old").await.unwrap().unwrap();
    if let Some(data) = meanwhile {
        store.set("old", data, MINUTE).await.unwrap();
    }
    let taken = store.take("old").await.unwrap();
    (base, taken)
}

async fn data(store: &PgStore, id: &str) -> Option<Value> {
    store.get(id).await.unwrap().map(|session| session.decode().unwrap())
}

contract! {
    async fn merges_with_concurrent_changes(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("old", &json!({"user": 7}), MINUTE).await.unwrap();
        let (base, taken) = loaded_and_taken(&store, Some(&json!({"user": 7, "theirs": 1}))).await;
        let renewal = Renewal { base: &base, taken: taken.as_ref(), own_keys: &[] };
        assert!(store.renew("new", &renewal, &json!({"user": 7, "ours": 2}), MINUTE).await.unwrap());
        assert_eq!(data(&store, "new").await, Some(json!({"user": 7, "theirs": 1, "ours": 2})));
        assert_eq!(data(&store, "old").await, None);
    }

    async fn data_of_others_is_dropped_if_no_key_of_the_base_is_kept(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("old", &json!({"user": 7}), MINUTE).await.unwrap();
        let (base, taken) = loaded_and_taken(&store, Some(&json!({"user": 7, "secret": 1}))).await;
        let renewal = Renewal { base: &base, taken: taken.as_ref(), own_keys: &["cookie"] };
        assert!(store.renew("new", &renewal, &json!({"guest": true, "cookie": {}}), MINUTE).await.unwrap());
        assert_eq!(data(&store, "new").await, Some(json!({"guest": true, "cookie": {}})));
    }

    async fn only_added_keys_are_stored_if_others_ended_the_session(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("old", &json!({"user": 7}), MINUTE).await.unwrap();
        let base = store.get("old").await.unwrap().unwrap();
        let renewal = Renewal { base: &base, taken: None, own_keys: &["cookie"] };
        assert!(!store.renew("new", &renewal, &json!({"user": 8, "cookie": {}}), MINUTE).await.unwrap());
        assert_eq!(data(&store, "new").await, None);
        assert!(store.renew("new", &renewal, &json!({"user": 8, "cart": [], "cookie": {}}), MINUTE).await.unwrap());
        assert_eq!(data(&store, "new").await, Some(json!({"cart": [], "cookie": {}})));
    }

    async fn the_renewed_session_keeps_its_age(fixture: Fixture) {
        fixture.sql(&format!("CREATE TABLE session ({COLUMNS}, created timestamptz NOT NULL DEFAULT now())")).await;
        let store = fixture.set_up(fixture.builder().max_age(60 * MINUTE)).await;
        store.set("old", &json!({"user": 7}), MINUTE).await.unwrap();
        fixture.sql("UPDATE session SET created = now() - interval '59 min 59.123457 s'").await;
        let created = fixture.value(CREATED).await;
        let (base, taken) = loaded_and_taken(&store, None).await;
        // The parts as another language passes them back.
        let taken = taken.map(|taken| Session::from_parts("old", taken.json()).with_created(taken.created()));
        let renewal = Renewal { base: &base, taken: taken.as_ref(), own_keys: &[] };
        // An expired row with the new id is no obstacle.
        store.set("new", &1, Duration::ZERO).await.unwrap();
        assert!(store.renew("new", &renewal, &json!({"user": 7}), 9 * MINUTE).await.unwrap());
        assert_eq!(fixture.value(CREATED).await, created);
        fixture.until("SELECT now() - created > '1 h' FROM session", "true").await;
        assert_eq!(data(&store, "new").await, None);
    }

    async fn a_session_of_unknown_age_counts_as_new(fixture: Fixture) {
        let store = fixture.set_up(fixture.builder().max_age(60 * MINUTE)).await;
        let base = Session::from_parts("old", r#"{"user":7}"#);
        let renewal = Renewal { base: &base, taken: Some(&base), own_keys: &[] };
        assert!(store.renew("new", &renewal, &json!({"user": 7}), MINUTE).await.unwrap());
        assert_eq!(fixture.value("SELECT now() - created < '1 min' FROM session").await, "true");
    }

    async fn a_session_that_keeps_no_data_keeps_its_age(fixture: Fixture) {
        let store = fixture.set_up(fixture.builder().max_age(60 * MINUTE)).await;
        store.set("old", &json!({"user": 7}), MINUTE).await.unwrap();
        fixture.sql("UPDATE session SET created = now() - interval '50 min'").await;
        let created = fixture.value(CREATED).await;
        let request = RequestStore::new(store.clone(), || "new".to_owned());
        RequestStore::scope(async {
            request.load("old").await.unwrap().unwrap();
            request.delete("old").await.unwrap();
            request.create("given", &json!({"guest": true}), MINUTE).await.unwrap();
        })
        .await
        .unwrap();
        assert_eq!(fixture.value(CREATED).await, created);
    }

    async fn data_that_jsonb_stores_over_max_size_can_be_updated_and_renewed(fixture: Fixture) {
        fixture.sql("CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session jsonb)").await;
        let store = fixture.set_up(fixture.builder().max_size(20_000)).await;
        for number in ["1.5", "1e308"] {
            let list = vec![number; 19_000 / (number.len() + 1)].join(",");
            let data = |n: u32| RawValue::from_string(format!(r#"{{"list":[{list}],"n":{n}}}"#)).unwrap();
            store.set("old", &*data(1), MINUTE).await.unwrap();
            let base = store.get("old").await.unwrap().unwrap();
            assert!(base.json().len() > 20_000);
            assert_eq!(store.update(&base, &*data(2), MINUTE).await.unwrap(), Updated::Saved);
            // A second update of the same base has to merge.
            assert_eq!(store.update(&base, &*data(3), MINUTE).await.unwrap(), Updated::Saved);
            let (base, taken) = loaded_and_taken(&store, None).await;
            let renewal = Renewal { base: &base, taken: taken.as_ref(), own_keys: &[] };
            assert!(store.renew("new", &renewal, &*data(4), MINUTE).await.unwrap());
            assert!(store.get("new").await.unwrap().unwrap().json().contains("\"n\": 4"));
        }
    }

    async fn invalid_input_is_refused(fixture: Fixture) {
        let store = fixture.set_up(fixture.builder().max_size(30)).await;
        let (base, taken) = (Session::from_parts("old", r#"{"a":1}"#), Session::from_parts("old", r#"{"a":1,"theirs":"12345678"}"#));
        let renewal = Renewal { base: &base, taken: Some(&taken), own_keys: &[] };
        let ours = json!({"a": 1, "ours": "1234"});
        let error = store.renew("new", &renewal, &ours, MINUTE).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert_eq!(store.renew("", &renewal, &1, MINUTE).await.unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(fixture.value("SELECT count(*) FROM session").await, "0");
    }
}
