use std::time::Duration;

use pg_session::{ErrorKind, Rotated, Updated};
use tokio::task::JoinSet;

use crate::via::{MINUTE, contract};

contract! {
    async fn moves_the_whole_row_to_the_new_id(fixture: Fixture) {
        fixture.sql("CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session json, note text)").await;
        let store = fixture.store().await;
        fixture.sql(r#"INSERT INTO session VALUES ('old', now() + '9 min', '{ "a" : 1.0 }', 'kept')"#).await;
        assert_eq!(store.rotate("old", "new").await.unwrap(), Rotated::Rotated);
        assert_eq!(store.get("old").await.unwrap(), None);
        let session = store.get("new").await.unwrap().unwrap();
        assert_eq!((session.id(), session.json()), ("new", r#"{ "a" : 1.0 }"#));
        assert!(session.expires_in() > 8 * MINUTE && session.expires_in() <= 9 * MINUTE);
        assert_eq!(fixture.value("SELECT string_agg(id || note, ' ') FROM session").await, "newkept");
    }

    async fn the_old_id_is_dead_afterwards(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("old", &1, MINUTE).await.unwrap();
        let base = store.get("old").await.unwrap().unwrap();
        assert_eq!(store.rotate("old", "new").await.unwrap(), Rotated::Rotated);
        assert_eq!(store.update(&base, &2, MINUTE).await.unwrap(), Updated::Gone);
        assert!(!store.touch("old", 9 * MINUTE).await.unwrap());
        assert!(!store.destroy("old").await.unwrap());
        assert_eq!(store.rotate("old", "other").await.unwrap(), Rotated::Gone);
        assert_eq!(store.get("new").await.unwrap().unwrap().json(), "1");
    }

    async fn never_revives_an_expired_session(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("old", &1, Duration::ZERO).await.unwrap();
        assert_eq!(store.rotate("old", "new").await.unwrap(), Rotated::Gone);
        assert_eq!(store.rotate("missing", "new").await.unwrap(), Rotated::Gone);
        assert_eq!(fixture.value("SELECT string_agg(id, ' ') FROM session").await, "old");
    }

    async fn never_overwrites_a_live_session(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("old", &1, MINUTE).await.unwrap();
        store.set("new", &2, MINUTE).await.unwrap();
        assert_eq!(store.rotate("old", "new").await.unwrap(), Rotated::Exists);
        assert_eq!(store.rotate("old", "old").await.unwrap(), Rotated::Exists);
        assert_eq!(store.get("old").await.unwrap().unwrap().json(), "1");
        assert_eq!(store.get("new").await.unwrap().unwrap().json(), "2");
    }

    async fn replaces_an_expired_session(fixture: Fixture) {
        fixture.sql("CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session json)").await;
        let store = fixture.store().await;
        for expired in ["now() - interval '1 s'", "NULL"] {
            store.set("old", &1, MINUTE).await.unwrap();
            fixture.sql(&format!("INSERT INTO session VALUES ('new', {expired}, '2')")).await;
            assert_eq!(store.rotate("old", "new").await.unwrap(), Rotated::Rotated);
            assert_eq!(store.get("new").await.unwrap().unwrap().json(), "1");
            assert!(store.destroy("new").await.unwrap());
        }
    }

    async fn only_one_of_many_concurrent_rotations_wins(fixture: Fixture) {
        let stores = [fixture.store().await, fixture.store().await];
        stores[0].set("old", &1, MINUTE).await.unwrap();
        let mut rotations = JoinSet::new();
        for n in 0..24 {
            let store = stores[n % 2].clone();
            rotations.spawn(async move { (n, store.rotate("old", &n.to_string()).await.unwrap()) });
        }
        let (winners, losers): (Vec<_>, Vec<_>) =
            rotations.join_all().await.into_iter().partition(|(_, rotated)| *rotated == Rotated::Rotated);
        assert!(losers.iter().all(|(_, rotated)| *rotated == Rotated::Gone), "{losers:?}");
        assert_eq!(winners.len(), 1);
        assert_eq!(fixture.value("SELECT string_agg(id, ' ') FROM session").await, winners[0].0.to_string());
    }

    async fn only_one_of_many_sessions_gets_the_same_new_id(fixture: Fixture) {
        let store = fixture.store().await;
        let mut rotations = JoinSet::new();
        for n in 0..12 {
            store.set(&n.to_string(), &n, MINUTE).await.unwrap();
        }
        for n in 0..12 {
            let store = store.clone();
            rotations.spawn(async move { (n, store.rotate(&n.to_string(), "new").await.unwrap()) });
        }
        for (n, rotated) in rotations.join_all().await {
            let n = n.to_string();
            let session = store.get(if rotated == Rotated::Rotated { "new" } else { &n }).await.unwrap();
            assert_eq!(session.unwrap().json(), n, "{rotated:?}");
        }
        assert_eq!(fixture.value("SELECT count(*) FROM session").await, "12");
    }

    async fn waits_for_a_concurrent_insert_of_the_new_id(fixture: Fixture) {
        let store = fixture.store().await;
        for (end, outcome) in [("COMMIT", Rotated::Exists), ("ROLLBACK", Rotated::Rotated)] {
            fixture.sql("TRUNCATE session").await;
            store.set("old", &1, MINUTE).await.unwrap();
            let other = fixture.database.client().await;
            other.batch_execute("BEGIN; INSERT INTO session VALUES ('new', now() + '1 min', '2')").await.unwrap();
            let end_transaction = async {
                fixture.until_one_waits().await;
                other.batch_execute(end).await.unwrap();
            };
            assert_eq!(tokio::join!(store.rotate("old", "new"), end_transaction).0.unwrap(), outcome);
            assert_eq!(store.get("old").await.unwrap().is_some(), outcome == Rotated::Exists);
        }
    }

    async fn an_invalid_new_id_is_refused(fixture: Fixture) {
        let store = fixture.store().await;
        for old in ["", "a"] {
            assert_eq!(store.rotate(old, "").await.unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        assert_eq!(store.rotate("", "a").await.unwrap(), Rotated::Gone);
    }
}
