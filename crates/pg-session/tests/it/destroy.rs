use std::time::Duration;

use crate::via::{MINUTE, contract};

contract! {
    async fn a_second_destroy_returns_false(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &1, MINUTE).await.unwrap();
        assert!(store.destroy("a").await.unwrap());
        assert!(!store.destroy("a").await.unwrap());
        assert_eq!(store.get("a").await.unwrap(), None);
        assert_eq!(fixture.value("SELECT count(*) FROM session").await, "0");
    }

    async fn an_expired_session_is_deleted_and_returns_false(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &1, Duration::ZERO).await.unwrap();
        assert!(!store.destroy("a").await.unwrap());
        assert_eq!(fixture.value("SELECT count(*) FROM session").await, "0");
    }

    async fn other_sessions_stay(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &1, MINUTE).await.unwrap();
        store.set("b", &1, MINUTE).await.unwrap();
        store.destroy("a").await.unwrap();
        assert!(store.get("b").await.unwrap().is_some());
    }

    async fn only_one_of_many_concurrent_calls_returns_true(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &1, MINUTE).await.unwrap();
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.destroy("a").await.unwrap() })
            })
            .collect();
        let mut destroyed = 0;
        for task in tasks {
            destroyed += u32::from(task.await.unwrap());
        }
        assert_eq!(destroyed, 1);
    }

    async fn no_concurrent_touch_brings_a_destroyed_session_back(fixture: Fixture) {
        let store = fixture.set_up(fixture.builder().touch_every(Duration::ZERO)).await;
        for _ in 0..20 {
            store.set("a", &1, MINUTE).await.unwrap();
            let touching: Vec<_> = (0..8)
                .map(|_| {
                    let store = store.clone();
                    tokio::spawn(async move { store.touch("a", MINUTE).await.unwrap() })
                })
                .collect();
            store.destroy("a").await.unwrap();
            for task in touching {
                task.await.unwrap();
            }
            assert_eq!(store.get("a").await.unwrap(), None);
        }
    }
}
