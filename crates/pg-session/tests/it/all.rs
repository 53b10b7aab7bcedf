//! `all`, `count` and `clear`.

use std::time::Duration;

use crate::via::{MINUTE, contract};

/// 5,000 sessions, which are more than four pages. Every second one has expired.
const FILL: &str = "INSERT INTO session SELECT n, now() + CASE n % 2 WHEN 0 THEN '1 h' ELSE '0' END::interval, \
                    json_build_object('n', n) FROM generate_series(1, 5000) AS n";

contract! {
    async fn all_returns_each_live_session_once(fixture: Fixture) {
        let store = fixture.store().await;
        fixture.sql(FILL).await;
        let sessions = store.all().await.unwrap();
        let mut ids: Vec<u32> = sessions.iter().map(|session| session.id().parse().unwrap()).collect();
        ids.sort_unstable();
        assert_eq!(ids, (1..=2_500).map(|n| 2 * n).collect::<Vec<_>>());
        let one = sessions.iter().find(|session| session.id() == "42").unwrap();
        assert_eq!(one.decode::<serde_json::Value>().unwrap(), serde_json::json!({"n": 42}));
        assert!((3500..=3600).contains(&one.expires_in().as_secs()), "{one:?}");
        assert_eq!(store.count().await.unwrap(), 2_500);
    }

    async fn clear_deletes_every_session(fixture: Fixture) {
        let store = fixture.store().await;
        fixture.sql(FILL).await;
        store.clear().await.unwrap();
        assert_eq!(fixture.value("SELECT count(*) FROM session").await, "0");
        assert_eq!((store.count().await.unwrap(), store.all().await.unwrap()), (0, vec![]));
        store.clear().await.unwrap();
        store.set("a", &1, MINUTE).await.unwrap();
        assert_eq!(store.count().await.unwrap(), 1);
    }

    async fn a_timestamp_column_is_read_in_its_zone(fixture: Fixture) {
        fixture.sql("CREATE TABLE session (id varchar PRIMARY KEY, expiry timestamp, session jsonb)").await;
        let store = fixture.store().await;
        store.set("a", &1, MINUTE).await.unwrap();
        store.set("b", &1, Duration::ZERO).await.unwrap();
        assert_eq!((store.count().await.unwrap(), store.all().await.unwrap().len()), (1, 1));
        store.clear().await.unwrap();
        assert_eq!(fixture.value("SELECT count(*) FROM session").await, "0");
    }
}
