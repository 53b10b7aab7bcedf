use std::time::Duration;

use pg_session::MAX_TTL;
use serde_json::{Value, json};

use crate::via::{MINUTE, contract};

contract! {
    async fn returns_the_session_and_the_time_left(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &json!({"views": 1}), MINUTE).await.unwrap();

        let session = store.get("a").await.unwrap().unwrap();
        assert_eq!(session.id(), "a");
        assert_eq!(session.decode::<Value>().unwrap(), json!({"views": 1}));
        assert!(session.expires_in() <= MINUTE && session.expires_in() > MINUTE / 2, "{session:?}");
    }

    async fn returns_none_if_there_is_no_session(fixture: Fixture) {
        assert_eq!(fixture.store().await.get("a").await.unwrap(), None);
    }

    async fn never_returns_an_expired_session(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &1, MINUTE).await.unwrap();
        fixture.sql("UPDATE session SET expiry = now()").await;
        assert_eq!(store.get("a").await.unwrap(), None);
        assert_eq!(fixture.value("SELECT count(*) FROM session").await, "1");
    }

    async fn never_writes(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &1, MINUTE).await.unwrap();
        store.set("b", &1, Duration::ZERO).await.unwrap();
        let rows = "SELECT string_agg(s.*::text || s.ctid || s.xmin || s.xmax, ',') FROM session AS s";
        let before = fixture.value(rows).await;
        store.get("a").await.unwrap();
        store.get("b").await.unwrap();
        assert_eq!(fixture.value(rows).await, before);
    }

    async fn reads_an_infinite_expiry_and_null_data(fixture: Fixture) {
        let store = fixture.store().await;
        fixture.sql("INSERT INTO session VALUES ('for-ever', 'infinity', '1'), ('null', now() + '1 h', NULL)").await;
        assert_eq!(store.get("for-ever").await.unwrap().unwrap().expires_in(), MAX_TTL);
        assert_eq!(store.get("null").await.unwrap().unwrap().json(), "null");
    }
}
