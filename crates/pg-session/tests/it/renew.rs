use std::time::Duration;

use pg_session::{ErrorKind, PgStore, Renewal, RequestStore, Session, Updated};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::via::{MINUTE, contract};

const COLUMNS: &str = "id text PRIMARY KEY, expiry timestamptz, session json";
const CREATED: &str = "SELECT to_char(created AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') FROM session";

/// Loads the session `old`, and ends it as a middleware does that renews its id.
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
    async fn what_others_changed_comes_along(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("old", &json!({"user": 7}), MINUTE).await.unwrap();
        let (base, taken) = loaded_and_taken(&store, Some(&json!({"user": 7, "theirs": 1}))).await;
        let renewal = Renewal { base: &base, taken: taken.as_ref(), own_keys: &[] };
        assert!(store.renew("new", &renewal, &json!({"user": 7, "ours": 2}), MINUTE).await.unwrap());
        assert_eq!(data(&store, "new").await, Some(json!({"user": 7, "theirs": 1, "ours": 2})));
        assert_eq!(data(&store, "old").await, None);
    }

    async fn a_session_that_takes_nothing_along_starts_anew(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("old", &json!({"user": 7}), MINUTE).await.unwrap();
        let (base, taken) = loaded_and_taken(&store, Some(&json!({"user": 7, "secret": 1}))).await;
        let renewal = Renewal { base: &base, taken: taken.as_ref(), own_keys: &["cookie"] };
        assert!(store.renew("new", &renewal, &json!({"guest": true, "cookie": {}}), MINUTE).await.unwrap());
        assert_eq!(data(&store, "new").await, Some(json!({"guest": true, "cookie": {}})));
    }

    async fn of_a_session_that_others_ended_only_what_was_added_is_stored(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("old", &json!({"user": 7}), MINUTE).await.unwrap();
        let base = store.get("old").await.unwrap().unwrap();
        let renewal = Renewal { base: &base, taken: None, own_keys: &["cookie"] };
        assert!(!store.renew("new", &renewal, &json!({"user": 8, "cookie": {}}), MINUTE).await.unwrap());
        assert_eq!(data(&store, "new").await, None);
        assert!(store.renew("new", &renewal, &json!({"user": 8, "cart": [], "cookie": {}}), MINUTE).await.unwrap());
        assert_eq!(data(&store, "new").await, Some(json!({"cart": [], "cookie": {}})));
    }

    async fn a_session_keeps_its_age(fixture: Fixture) {
        fixture.sql(&format!("CREATE TABLE session ({COLUMNS}, created timestamptz NOT NULL DEFAULT now())")).await;
        let store = fixture.set_up(fixture.builder().max_age(60 * MINUTE)).await;
        store.set("old", &json!({"user": 7}), MINUTE).await.unwrap();
        fixture.sql("UPDATE session SET created = now() - interval '59 min 59.123457 s'").await;
        let created = fixture.value(CREATED).await;
        let (base, taken) = loaded_and_taken(&store, None).await;
        // As it crosses to another language.
        let taken = taken.map(|taken| Session::from_parts("old", taken.json()).with_created(taken.created()));
        let renewal = Renewal { base: &base, taken: taken.as_ref(), own_keys: &[] };
        // Also where a row is in the way.
        store.set("new", &1, Duration::ZERO).await.unwrap();
        assert!(store.renew("new", &renewal, &json!({"user": 7}), 9 * MINUTE).await.unwrap());
        assert_eq!(fixture.value(CREATED).await, created);
        fixture.until("SELECT now() - created > '1 h' FROM session", "true").await;
        assert_eq!(data(&store, "new").await, None);
    }

    async fn a_session_whose_age_nobody_knows_is_new(fixture: Fixture) {
        let store = fixture.set_up(fixture.builder().max_age(60 * MINUTE)).await;
        let base = Session::from_parts("old", r#"{"user":7}"#);
        let renewal = Renewal { base: &base, taken: Some(&base), own_keys: &[] };
        assert!(store.renew("new", &renewal, &json!({"user": 7}), MINUTE).await.unwrap());
        assert_eq!(fixture.value("SELECT now() - created < '1 min' FROM session").await, "true");
    }

    async fn a_session_that_starts_anew_keeps_its_age(fixture: Fixture) {
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

    async fn what_jsonb_writes_longer_may_be_changed_and_renewed(fixture: Fixture) {
        fixture.sql("CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session jsonb)").await;
        let store = fixture.set_up(fixture.builder().max_size(20_000)).await;
        for number in ["1.5", "1e308"] {
            let list = vec![number; 19_000 / (number.len() + 1)].join(",");
            let data = |n: u32| RawValue::from_string(format!(r#"{{"list":[{list}],"n":{n}}}"#)).unwrap();
            store.set("old", &*data(1), MINUTE).await.unwrap();
            let base = store.get("old").await.unwrap().unwrap();
            assert!(base.json().len() > 20_000);
            assert_eq!(store.update(&base, &*data(2), MINUTE).await.unwrap(), Updated::Saved);
            // Against what is there by then.
            assert_eq!(store.update(&base, &*data(3), MINUTE).await.unwrap(), Updated::Saved);
            let (base, taken) = loaded_and_taken(&store, None).await;
            let renewal = Renewal { base: &base, taken: taken.as_ref(), own_keys: &[] };
            assert!(store.renew("new", &renewal, &*data(4), MINUTE).await.unwrap());
            assert!(store.get("new").await.unwrap().unwrap().json().contains("\"n\": 4"));
        }
    }

    async fn bad_input_is_refused(fixture: Fixture) {
        let store = fixture.set_up(fixture.builder().max_size(30)).await;
        let (base, left) = (Session::from_parts("old", r#"{"a":1}"#), Session::from_parts("old", r#"{"a":1,"theirs":"12345678"}"#));
        let renewal = Renewal { base: &base, taken: Some(&left), own_keys: &[] };
        let ours = json!({"a": 1, "ours": "1234"});
        let error = store.renew("new", &renewal, &ours, MINUTE).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert_eq!(store.renew("", &renewal, &1, MINUTE).await.unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(fixture.value("SELECT count(*) FROM session").await, "0");
    }
}
