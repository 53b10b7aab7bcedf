use std::time::Duration;

use pg_session::Created;

use crate::via::{MINUTE, contract};

contract! {
    async fn never_overwrites_a_live_session(fixture: Fixture) {
        let store = fixture.store().await;
        assert_eq!(store.create("a", &1, MINUTE).await.unwrap(), Created::Created);
        assert_eq!(store.create("a", &2, 9 * MINUTE).await.unwrap(), Created::Exists);
        let session = store.get("a").await.unwrap().unwrap();
        assert_eq!(session.json(), "1");
        assert!(session.expires_in() <= MINUTE);
    }

    async fn replaces_an_expired_session(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &1, Duration::ZERO).await.unwrap();
        assert_eq!(store.create("a", &2, MINUTE).await.unwrap(), Created::Created);
        assert_eq!(store.get("a").await.unwrap().unwrap().json(), "2");
    }

    async fn only_one_of_many_concurrent_calls_creates(fixture: Fixture) {
        let store = fixture.store().await;
        let tasks: Vec<_> = (0..32)
            .map(|n| {
                let store = store.clone();
                tokio::spawn(async move { (n, store.create("a", &n, MINUTE).await.unwrap()) })
            })
            .collect();
        let mut winners = Vec::new();
        for task in tasks {
            if let (n, Created::Created) = task.await.unwrap() {
                winners.push(n);
            }
        }
        assert_eq!(winners.len(), 1);
        assert_eq!(store.get("a").await.unwrap().unwrap().decode::<i32>().unwrap(), winners[0]);
    }
}
