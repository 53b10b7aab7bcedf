//! The database goes, and comes back.

use std::time::{Duration, Instant};

use pg_session::{Error, ErrorKind, PgStore};
use pg_session_testkit::{Database, Server};

use crate::via::{MINUTE, contract};

fn assert_unavailable(error: &Error) {
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, true), "{error}");
}

#[tokio::test]
async fn a_restart_loses_nothing_and_needs_no_restart_of_ours() {
    let mut server = Server::builder().durable(true).start().unwrap();
    let store = PgStore::new(server.url("postgres")).unwrap();
    store.setup().await.unwrap();
    for id in 0..20 {
        store.set(&id.to_string(), &id, MINUTE).await.unwrap();
    }
    for crash in [false, true] {
        let gone = if crash { server.kill() } else { server.stop() };
        gone.unwrap();
        let started = Instant::now();
        assert_unavailable(&store.get("1").await.unwrap_err());
        assert_unavailable(&store.set("1", &1, MINUTE).await.unwrap_err());
        assert!(started.elapsed() < Duration::from_secs(4), "an outage is said at once");
        let later = Instant::now();
        assert_unavailable(&store.get("1").await.unwrap_err());
        assert!(
            later.elapsed() < Duration::from_millis(750),
            "a long one within a quarter of a second, and some slack"
        );
        server.start_again().unwrap();
        for id in 0..20 {
            assert_eq!(store.get(&id.to_string()).await.unwrap().unwrap().json(), id.to_string());
        }
        store.set("1", &1, MINUTE).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_outage_is_waited_for() {
    let mut server = Server::builder().durable(true).start().unwrap();
    let store = PgStore::builder(server.url("postgres")).timeout(Duration::from_secs(30)).build().unwrap();
    store.setup().await.unwrap();
    store.set("a", &1, MINUTE).await.unwrap();
    server.stop().unwrap();
    let get = tokio::spawn(async move { store.get("a").await });
    // Long enough to meet the outage.
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.start_again().unwrap();
    assert!(get.await.unwrap().unwrap().is_some());
}

#[tokio::test]
async fn a_store_made_during_an_outage_works_after_it() {
    let mut server = Server::start().unwrap();
    server.stop().unwrap();
    let store = PgStore::new(server.url("postgres")).unwrap();
    assert_unavailable(&store.setup().await.unwrap_err());
    assert_unavailable(&store.get("a").await.unwrap_err());
    server.start_again().unwrap();
    store.set("a", &1, MINUTE).await.unwrap();
    assert!(store.get("a").await.unwrap().is_some());
}

contract! {
    async fn connections_that_are_killed_are_replaced(fixture: Fixture) {
        let store = fixture.store().await;
        for round in 0..10 {
            fixture.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                         WHERE datname = current_database() AND pid <> pg_backend_pid()").await;
            for id in 0..8 {
                // A pool of others may hand out a dead connection once; what it says then is true.
                while let Err(error) = store.set(&id.to_string(), &round, MINUTE).await {
                    assert_unavailable(&error);
                }
                assert_eq!(store.get(&id.to_string()).await.unwrap().unwrap().json(), round.to_string());
            }
        }
    }

    async fn no_call_waits_longer_than_the_timeout(fixture: Fixture) {
        let store = fixture.set_up(fixture.builder().timeout(Duration::from_millis(300))).await;
        store.set("a", &1, MINUTE).await.unwrap();
        let other = fixture.database.client().await;
        other.batch_execute("BEGIN; SELECT FROM session WHERE id = 'a' FOR UPDATE").await.unwrap();
        let started = Instant::now();
        let error = store.set("a", &2, MINUTE).await.unwrap_err();
        assert_unavailable(&error);
        assert!(error.to_string().contains("300ms"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(2));
        other.batch_execute("ROLLBACK").await.unwrap();
        store.get("a").await.unwrap().unwrap();
    }
}

/// A proxy to the server of the tests. The connections that lead through it can be cut, or fall silent.
struct Proxy {
    url: String,
    fate: tokio::sync::watch::Sender<Fate>,
}

#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Alive,
    Cut,
    Silent,
}

impl Proxy {
    async fn new(database: &Database) -> Self {
        let server: tokio_postgres::Config = database.url().parse().unwrap();
        let port = server.get_ports()[0];
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = database.url().replace(&format!(":{port}/"), &format!(":{}/", listener.local_addr().unwrap().port()));
        let (fate, its_fate) = tokio::sync::watch::channel(Fate::Alive);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut its_fate = its_fate.clone();
                tokio::spawn(async move {
                    let mut server = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                    let fate = tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => Fate::Cut,
                        fate = its_fate.wait_for(|fate| *fate != Fate::Alive) => *fate.unwrap(),
                    };
                    if fate == Fate::Silent {
                        std::future::pending::<()>().await;
                    }
                });
            }
        });
        Self { url, fate }
    }

    /// Of the connections that are open now.
    fn decide(&self, fate: Fate) {
        self.fate.send_replace(fate);
    }
}

#[tokio::test]
async fn a_connection_that_has_fallen_silent_is_given_up() {
    let database = Database::new();
    let proxy = Proxy::new(&database).await;
    let timeout = Duration::from_millis(300);
    let store = PgStore::builder(&proxy.url).timeout(timeout).connections(1).build().unwrap();
    store.setup().await.unwrap();
    store.set("a", &1, MINUTE).await.unwrap();
    proxy.decide(Fate::Silent);
    assert_unavailable(&store.get("a").await.unwrap_err());
    proxy.decide(Fate::Alive);
    let deadline = Instant::now() + 20 * timeout;
    while let Err(error) = store.get("a").await {
        assert_unavailable(&error);
        assert!(Instant::now() < deadline, "it waits for a connection that is dead");
    }
}

contract! {
    async fn only_what_may_run_twice_is_called_safe_to_repeat_when_it_was_cut_off(fixture: Fixture) {
        let proxy = Proxy::new(&fixture.database).await;
        let store = fixture.set_up(fixture.builder_at(&proxy.url)).await;
        let other = fixture.database.client().await;
        other.batch_execute("BEGIN; INSERT INTO session VALUES ('a', now(), '1')").await.unwrap();
        let create = tokio::spawn({ let store = store.clone(); async move { store.create("a", &2, MINUTE).await } });
        fixture.until_one_waits().await;
        proxy.decide(Fate::Cut);
        let error = create.await.unwrap().unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, false), "{error}");
        assert!(error.to_string().contains("unknown"), "{error}");
        other.batch_execute("ROLLBACK").await.unwrap();

        proxy.decide(Fate::Alive);
        let _ = store.create("a", &2, MINUTE).await.unwrap();
    }
}
