//! Merges of large sessions do not keep the runtime from serving others. Each test has a single thread for async work.

use std::time::{Duration, Instant};

use pg_session::{PgStore, Renewal, RequestStore, Updated};
use serde_json::value::RawValue;

use crate::via::{MINUTE, contract};

/// About 200 KiB of JSON: its merge takes more than a second without optimization. All versions differ at every key, and each
/// has one of its own.
fn large(version: usize) -> Box<RawValue> {
    let members: Vec<_> = (0..8_000).map(|n| format!("\"key{n:08}\":\"{:06}\"", (n * version) % 999_983)).collect();
    RawValue::from_string(format!("{{\"by{version}\":1,{}}}", members.join(","))).unwrap()
}

/// Reads another session every millisecond until the call ends. Returns the longest time until a read was answered and the
/// next one could begin, and the time of the call.
async fn longest_get(store: &PgStore, call: impl Future<Output = ()> + Send + 'static) -> (Duration, Duration) {
    let (began, call) = (Instant::now(), tokio::spawn(call));
    let mut longest = Duration::ZERO;
    while !call.is_finished() {
        let began = Instant::now();
        assert!(store.get("other").await.unwrap().is_some());
        tokio::time::sleep(Duration::from_millis(1)).await;
        longest = longest.max(began.elapsed());
    }
    call.await.unwrap();
    (longest, began.elapsed())
}

contract! {
    async fn a_get_does_not_wait_for_an_update_that_merges(fixture: Fixture) {
        let store = fixture.set_up(fixture.builder().timeout(MINUTE)).await;
        store.set("other", &1, MINUTE).await.unwrap();
        store.set("large", &large(1), MINUTE).await.unwrap();
        let base = store.get("large").await.unwrap().unwrap();
        store.set("large", &large(3), MINUTE).await.unwrap();
        let (longest, time) = longest_get(&store, {
            let store = store.clone();
            async move { assert_eq!(store.update(&base, &large(7), MINUTE).await.unwrap(), Updated::Merged) }
        }).await;
        assert!(longest < time / 3, "a get waited for {longest:?} of {time:?}");
        let merged = store.get("large").await.unwrap().unwrap();
        assert!(merged.json().contains("by3") && merged.json().contains("by7"));
    }

    async fn a_get_does_not_wait_for_a_renewal_that_merges(fixture: Fixture) {
        let store = fixture.set_up(fixture.builder().timeout(MINUTE)).await;
        store.set("other", &1, MINUTE).await.unwrap();
        store.set("large", &large(1), MINUTE).await.unwrap();
        let base = store.get("large").await.unwrap().unwrap();
        store.set("large", &large(3), MINUTE).await.unwrap();
        let taken = store.take("large").await.unwrap().unwrap();
        let (longest, time) = longest_get(&store, {
            let store = store.clone();
            async move {
                let renewal = Renewal { base: &base, taken: Some(&taken), own_keys: &[] };
                assert!(store.renew("new", &renewal, &large(7), MINUTE).await.unwrap());
            }
        }).await;
        assert!(longest < time / 3, "a get waited for {longest:?} of {time:?}");
    }

    async fn a_get_does_not_wait_for_a_save_without_a_scope(fixture: Fixture) {
        let store = fixture.set_up(fixture.builder().timeout(MINUTE)).await;
        store.set("other", &1, MINUTE).await.unwrap();
        let request = RequestStore::new(store.clone(), String::new);
        // The save compares its data with each version that was loaded.
        for version in 1..=8 {
            store.set("large", &large(version), MINUTE).await.unwrap();
            request.load("large").await.unwrap().unwrap();
        }
        let data = large(9);
        let (longest, time) = longest_get(&store, async move {
            assert_eq!(request.update("large", &data, MINUTE).await.unwrap(), Updated::Saved);
        }).await;
        assert!(longest < time / 3, "a get waited for {longest:?} of {time:?}");
    }
}
