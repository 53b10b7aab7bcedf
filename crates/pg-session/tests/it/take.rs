use std::time::Duration;

use pg_session::Updated;
use serde_json::json;
use tokio::task::JoinSet;

use crate::via::{MINUTE, contract};

contract! {
    async fn returns_the_session_and_deletes_it(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &json!({"n": 1}), MINUTE).await.unwrap();
        store.set("b", &json!({"n": 2}), MINUTE).await.unwrap();
        let base = store.get("a").await.unwrap().unwrap();
        let taken = store.take("a").await.unwrap().unwrap();
        assert_eq!((taken.id(), taken.json()), ("a", r#"{"n":1}"#));
        assert!(taken.expires_in() > MINUTE * 9 / 10 && taken.expires_in() <= MINUTE, "{:?}", taken.expires_in());
        assert_eq!(store.get("a").await.unwrap(), None);
        assert_eq!(store.update(&base, &json!({"n": 3}), MINUTE).await.unwrap(), Updated::Gone);
        assert_eq!(store.take("a").await.unwrap(), None);
        assert!(store.get("b").await.unwrap().is_some());
    }

    async fn deletes_an_expired_session_and_returns_none(fixture: Fixture) {
        for expiry in ["timestamptz", "timestamp"] {
            let id = "CREATE TABLE session (id text PRIMARY KEY";
            fixture.sql(&format!("{id}, expiry {expiry}, session json)")).await;
            let store = fixture.store().await;
            store.set("a", &1, Duration::ZERO).await.unwrap();
            assert_eq!(store.take("a").await.unwrap(), None);
            assert_eq!(fixture.value("SELECT count(*) FROM session").await, "0");
            store.set("a", &1, MINUTE).await.unwrap();
            assert!(store.take("a").await.unwrap().is_some(), "{expiry}");
            fixture.sql("DROP TABLE session").await;
        }
    }

    async fn only_one_of_many_concurrent_calls_returns_it(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &1, MINUTE).await.unwrap();
        let mut tasks = JoinSet::new();
        for _ in 0..16 {
            let store = store.clone();
            tasks.spawn(async move { store.take("a").await.unwrap() });
        }
        assert_eq!(tasks.join_all().await.into_iter().flatten().count(), 1);
    }
}
