use std::time::{Duration, Instant};

use pg_session::{PgStore, PgStoreBuilder};
use pg_session_testkit::Server;
use serde_json::json;
use tokio::task::JoinSet;

use crate::via::{Fixture, MINUTE, contract};

const ROW: &str = "SELECT expiry || ' ' || xmin FROM session WHERE id = 'a'";

/// Returns whether a touch for `ttl` writes, if a session of ten minutes has lived for `age`.
async fn writes(fixture: &Fixture, touch_every: Option<Duration>, age: Duration, ttl: Duration) -> bool {
    let builder = fixture.builder();
    let store = fixture.set_up(touch_every.into_iter().fold(builder, |builder, lag| builder.touch_every(lag))).await;
    store.set("a", &1, 10 * MINUTE - age).await.unwrap();
    let before = fixture.value(ROW).await;
    assert!(store.touch("a", ttl).await.unwrap());
    let left = store.get("a").await.unwrap().unwrap().expires_in();
    let wrote = fixture.value(ROW).await != before;
    assert!(!wrote || left.abs_diff(ttl) < MINUTE / 10, "{left:?} left after a touch for {ttl:?}");
    wrote
}

contract! {
    async fn moves_only_the_expiry(fixture: Fixture) {
        let store = fixture.store().await;
        store.set("a", &"data", MINUTE).await.unwrap();
        store.set("b", &"data", MINUTE).await.unwrap();
        assert!(store.touch("a", 10 * MINUTE).await.unwrap());
        let session = store.get("a").await.unwrap().unwrap();
        assert!(session.expires_in() > 9 * MINUTE && session.expires_in() <= 10 * MINUTE);
        assert_eq!(session.json(), r#""data""#);
        assert!(store.get("b").await.unwrap().unwrap().expires_in() <= MINUTE);
    }

    async fn an_earlier_expiry_is_written(fixture: Fixture) {
        assert!(writes(&fixture, None, Duration::ZERO, MINUTE).await);
    }

    async fn commits_asynchronously_unless_the_session_ends_sooner(fixture: Fixture) {
        fixture.watch("UPDATE", "current_setting('synchronous_commit')").await;
        for touch_every in [Duration::ZERO, MINUTE] {
            let store = fixture.set_up(fixture.builder().touch_every(touch_every)).await;
            store.set("a", &1, 10 * MINUTE).await.unwrap();
            for ttl in [20 * MINUTE, 10 * MINUTE, 30 * MINUTE, Duration::ZERO] {
                assert_eq!(store.touch("a", ttl).await.unwrap(), !ttl.is_zero());
            }
            for id in ["a", "b"] {
                store.set(id, &1, MINUTE).await.unwrap();
            }
            for ttl in [9 * MINUTE, 2 * MINUTE] {
                let (one, other) = tokio::join!(store.touch("a", ttl), store.touch("b", ttl));
                assert!(one.unwrap() && other.unwrap());
            }
            let expected = "off, on, off, on, on, off, off, on, on";
            assert_eq!(fixture.seen().await, expected, "touch_every: {touch_every:?}");
            fixture.sql("TRUNCATE session").await;
        }
    }

    async fn never_inserts_and_returns_false(fixture: Fixture) {
        let store = fixture.store().await;
        assert!(!store.touch("a", MINUTE).await.unwrap());
        assert_eq!(fixture.value("SELECT count(*) FROM session").await, "0");
    }

    async fn never_revives_an_expired_session(fixture: Fixture) {
        let store = fixture.set_up(fixture.builder().touch_every(Duration::ZERO)).await;
        store.set("a", &1, Duration::ZERO).await.unwrap();
        assert!(!store.touch("a", MINUTE).await.unwrap());
        assert_eq!(store.get("a").await.unwrap(), None);
    }

    async fn writes_once_per_twentieth_of_the_ttl(fixture: Fixture) {
        assert!(!writes(&fixture, None, 25 * MINUTE / 60, 10 * MINUTE).await);
        assert!(writes(&fixture, None, 35 * MINUTE / 60, 10 * MINUTE).await);
    }

    async fn writes_once_per_touch_every(fixture: Fixture) {
        assert!(!writes(&fixture, Some(3 * MINUTE), 2 * MINUTE, 10 * MINUTE).await);
        assert!(writes(&fixture, Some(3 * MINUTE), 4 * MINUTE, 10 * MINUTE).await);
    }

    async fn always_writes_if_touch_every_is_zero(fixture: Fixture) {
        assert!(writes(&fixture, Some(Duration::ZERO), Duration::ZERO, 10 * MINUTE).await);
    }

    async fn accepts_the_longest_touch_every(fixture: Fixture) {
        assert!(!writes(&fixture, Some(pg_session::MAX_TTL), MINUTE, 10 * MINUTE).await);
    }

    async fn a_ttl_of_zero_expires_the_session_at_once(fixture: Fixture) {
        let store = fixture.set_up(fixture.builder().touch_every(MINUTE)).await;
        store.set("a", &1, MINUTE / 2).await.unwrap();
        assert!(!store.touch("a", Duration::ZERO).await.unwrap());
        assert_eq!(store.get("a").await.unwrap(), None);
    }
}

/// On a server of its own, because each connection to any database of a server briefly keeps old row versions alive.
#[tokio::test]
async fn is_a_hot_update_in_a_table_that_setup_created() {
    is_a_hot_update(|builder| builder).await;
}

#[tokio::test]
async fn is_a_hot_update_with_a_subject_index() {
    is_a_hot_update(|builder| builder.subject("user.id")).await;
}

async fn is_a_hot_update(options: fn(PgStoreBuilder) -> PgStoreBuilder) {
    let server = Server::builder().setting("autovacuum", "off").start().unwrap();
    let client = tokio_postgres::connect(&server.url("postgres"), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(client.1);
    let value = async |query: &str| client.0.query_one(&format!("SELECT ({query})::text"), &[]).await.unwrap().get(0);

    let builder = PgStore::builder(server.url("postgres")).touch_every(Duration::ZERO);
    let store = options(builder).build().unwrap();
    store.setup().await.unwrap();
    for id in 0..200 {
        store.set(&id.to_string(), &json!({"user": {"id": id}, "x": "x".repeat(300)}), MINUTE).await.unwrap();
    }
    let pages: String = value("SELECT pg_relation_size('session')").await;
    for id in (0..200).chain(0..200) {
        assert!(store.touch(&id.to_string(), MINUTE).await.unwrap());
    }
    store.close().await;
    // A connection reports its statistics when it ends, shortly after `close` returns.
    let deadline = Instant::now() + Duration::from_secs(10);
    let mut updates: String = "0 0".into();
    while updates.starts_with("0") && Instant::now() < deadline {
        updates = value("SELECT n_tup_upd || ' ' || n_tup_hot_upd FROM pg_stat_user_tables").await;
    }
    let [all, hot] = [0, 1].map(|nth| updates.split(' ').nth(nth).unwrap().parse::<u32>().unwrap());
    assert_eq!(all, hot);
    assert_eq!(value("SELECT pg_relation_size('session')").await, pages);
}

contract! {
    async fn without_a_time_to_live_a_session_never_expires_earlier(fixture: Fixture) {
        for columns in ["expiry timestamptz, session json", "expiry timestamp, session jsonb"] {
            fixture.sql(&format!("DROP TABLE IF EXISTS session; CREATE TABLE session (id varchar PRIMARY KEY, {columns})")).await;
            for touch_every in [None, Some(Duration::ZERO)] {
                let builder = touch_every.into_iter().fold(fixture.builder(), PgStoreBuilder::touch_every);
                let store = fixture.set_up(builder).await;
                for (expiry, hours) in [("now() + '30 days'", "720"), ("now() + '10 min'", "1"), ("'infinity'", "infinite")] {
                    let hours_left = format!(
                        "SELECT CASE WHEN expiry = 'infinity' THEN 'infinite' \
                         ELSE round(extract(epoch FROM expiry - now()::{}) / 3600)::int::text END FROM session",
                        columns.split([' ', ',']).nth(1).unwrap()
                    );
                    let reset = format!("DELETE FROM session; INSERT INTO session VALUES ('a', {expiry}, '{{}}')");
                    // Alone and in batches.
                    for callers in [1, 20] {
                        fixture.sql(&reset).await;
                        let touches = (0..callers).map(|_| { let store = store.clone(); async move { store.touch("a", None).await } });
                        assert!(touches.collect::<JoinSet<_>>().join_all().await.into_iter().all(|lives| lives.unwrap()));
                        assert_eq!(fixture.value(&hours_left).await, hours, "touch, {expiry}, {columns}");
                    }
                    for data in [1, 2] {
                        fixture.sql(&reset).await;
                        let base = store.get("a").await.unwrap().unwrap();
                        let data = if data == 1 { json!({}) } else { json!({"n": 1}) };
                        let _ = store.update(&base, &data, None).await.unwrap();
                        assert_eq!(fixture.value(&hours_left).await, hours, "update, {expiry}, {columns}");
                    }
                }
                assert!(!store.touch("none", None).await.unwrap());
                // A stated one still shortens.
                fixture.sql("DELETE FROM session; INSERT INTO session VALUES ('a', now() + '30 days', '{}')").await;
                assert!(store.touch("a", MINUTE).await.unwrap());
                assert_eq!(fixture.value("SELECT expiry < now() + '1 hour' FROM session").await, "true");
            }
        }
    }
}
