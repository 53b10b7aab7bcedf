use std::time::Duration;

use crate::via::{MINUTE, contract};

contract! {
    async fn answers_whether_there_was_one(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &1, MINUTE).await.unwrap();
        assert!(store.destroy("a").await.unwrap());
        assert!(!store.destroy("a").await.unwrap());
        assert_eq!(store.get("a").await.unwrap(), None);
        assert_eq!(fixture.value("SELECT count(*) FROM session").await, "0");
    }

    async fn counts_an_expired_session_as_none(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &1, Duration::ZERO).await.unwrap();
        assert!(!store.destroy("a").await.unwrap());
        assert_eq!(fixture.value("SELECT count(*) FROM session").await, "0");
    }

    async fn leaves_the_others(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &1, MINUTE).await.unwrap();
        store.set("b", &1, MINUTE).await.unwrap();
        store.destroy("a").await.unwrap();
        assert!(store.get("b").await.unwrap().is_some());
    }

    async fn of_many_at_once_one_hears_that_there_was_one(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &1, MINUTE).await.unwrap();
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.destroy("a").await.unwrap() })
            })
            .collect();
        let mut heard = 0;
        for task in tasks {
            heard += u32::from(task.await.unwrap());
        }
        assert_eq!(heard, 1);
    }

    async fn no_touch_brings_it_back_whatever_is_under_way(fixture: Fixture) {
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
