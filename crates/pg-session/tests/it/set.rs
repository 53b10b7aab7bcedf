use std::time::Duration;

use pg_session::{DEFAULT_TTL, MAX_TTL};
use serde_json::json;
use serde_json::value::RawValue;

use crate::via::{MINUTE, contract};

contract! {
    async fn inserts_and_replaces(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &json!({"views": 1}), MINUTE).await.unwrap();
        store.set("a", &json!([2]), 2 * MINUTE).await.unwrap();
        let session = store.get("a").await.unwrap().unwrap();
        assert_eq!(session.json(), "[2]");
        assert!(session.expires_in() > MINUTE);
        assert_eq!(fixture.value("SELECT count(*) FROM session").await, "1");
    }

    async fn keeps_the_data_to_the_byte(fixture: Fixture) {
        let store = fixture.store().await;
        let text = r#"{"z" : 1e2, "a":"\u0000 \ud83d\ude00 😀","a": 12345678901234567890.10 , "":[ ]}"#;
        store.set("a", &RawValue::from_string(text.into()).unwrap(), None).await.unwrap();
        assert_eq!(store.get("a").await.unwrap().unwrap().json(), text);
    }

    async fn keeps_an_id_to_the_byte(fixture: Fixture) {
        let store = fixture.store().await;
        for id in ["a", "A", " a", "a ", "a'b\"c\\d", "%_", "ä", "a\u{308}", "\u{1F600}\n\t\u{1}", &"x".repeat(1024)] {
            store.set(id, &id, MINUTE).await.unwrap();
        }
        for id in ["a", "A", " a", "a ", "a'b\"c\\d", "%_", "ä", "a\u{308}", "\u{1F600}\n\t\u{1}", &"x".repeat(1024)] {
            assert_eq!(store.get(id).await.unwrap().unwrap().decode::<String>().unwrap(), id);
        }
    }

    async fn all_of_many_concurrent_calls_succeed_and_the_last_wins(fixture: Fixture) {
        let store = fixture.store().await;
        let tasks: Vec<_> = (0..64)
            .map(|n| {
                let store = store.clone();
                tokio::spawn(async move { store.set("a", &n, MINUTE).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(fixture.value("SELECT count(*) FROM session").await, "1");
        store.set("a", &64, MINUTE).await.unwrap();
        assert_eq!(store.get("a").await.unwrap().unwrap().json(), "64");
    }

    async fn every_later_get_of_another_store_sees_it(fixture: Fixture) {
        let (here, there) = (fixture.store().await, fixture.store().await);
        for n in 0..50 {
            here.set("a", &n, MINUTE).await.unwrap();
            assert_eq!(there.get("a").await.unwrap().unwrap().decode::<i32>().unwrap(), n);
        }
    }

    async fn a_session_without_a_ttl_lives_45_minutes(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &1, None).await.unwrap();
        let left = store.get("a").await.unwrap().unwrap().expires_in();
        assert!(left <= DEFAULT_TTL && left > DEFAULT_TTL - MINUTE, "{left:?}");
    }

    async fn a_ttl_of_zero_expires_the_session_at_once(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &1, MINUTE).await.unwrap();
        store.set("a", &2, Duration::ZERO).await.unwrap();
        assert_eq!(store.get("a").await.unwrap(), None);
    }

    async fn a_session_expires_on_time(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &1, Duration::from_millis(700)).await.unwrap();
        let left = store.get("a").await.unwrap().expect("it lives for 700 ms").expires_in();
        tokio::time::sleep(left).await;
        assert_eq!(store.get("a").await.unwrap(), None);
    }

    async fn accepts_the_longest_ttl(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &1, MAX_TTL).await.unwrap();
        let left = store.get("a").await.unwrap().unwrap().expires_in();
        assert!(left > MAX_TTL - MINUTE, "{left:?}");
    }

    async fn accepts_data_of_exactly_max_size(fixture: Fixture) {
        let store = fixture.set_up(fixture.builder().max_size(3 << 20)).await;
        let data = "x".repeat((3 << 20) - 2);
        store.set("a", &data, MINUTE).await.unwrap();
        assert_eq!(store.get("a").await.unwrap().unwrap().json().len(), 3 << 20);
    }
}
