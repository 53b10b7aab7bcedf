//! Outages of the database and its return.

mod deadline;
mod refusing;

use std::time::{Duration, Instant};

use pg_session::{Error, ErrorKind, PgStore};
use pg_session_testkit::{Database, Server};
use tokio::task::JoinSet;

use crate::via::{MINUTE, contract};

fn assert_unavailable(error: &Error) {
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, true), "{error}");
}

#[tokio::test]
async fn a_store_survives_a_restart_and_a_crash_of_the_server() {
    let mut server = Server::builder().durable(true).start().unwrap();
    let store = PgStore::builder(server.url("postgres")).timeout(Duration::from_secs(3)).build().unwrap();
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
        assert!(started.elapsed() < Duration::from_secs(4), "an outage is reported soon");
        let later = Instant::now();
        assert_unavailable(&store.get("1").await.unwrap_err());
        assert!(
            later.elapsed() < Duration::from_millis(750),
            "a known outage is reported within 250 ms, and some slack"
        );
        server.start_again().unwrap();
        for id in 0..20 {
            assert_eq!(store.get(&id.to_string()).await.unwrap().unwrap().json(), id.to_string());
        }
        store.set("1", &1, MINUTE).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_waits_for_the_end_of_a_short_outage() {
    let mut server = Server::builder().durable(true).start().unwrap();
    let store = PgStore::builder(server.url("postgres")).timeout(Duration::from_secs(30)).build().unwrap();
    store.setup().await.unwrap();
    store.set("a", &1, MINUTE).await.unwrap();
    server.stop().unwrap();
    let get = tokio::spawn(async move { store.get("a").await });
    // Lets the call meet the outage.
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.start_again().unwrap();
    assert!(get.await.unwrap().unwrap().is_some());
}

#[tokio::test]
async fn a_store_built_during_an_outage_works_after_it() {
    let mut server = Server::start().unwrap();
    server.stop().unwrap();
    let store = PgStore::builder(server.url("postgres")).timeout(Duration::from_secs(2)).build().unwrap();
    assert_unavailable(&store.setup().await.unwrap_err());
    assert_unavailable(&store.get("a").await.unwrap_err());
    server.start_again().unwrap();
    store.set("a", &1, MINUTE).await.unwrap();
    assert!(store.get("a").await.unwrap().is_some());
}

contract! {
    async fn killed_connections_are_replaced(fixture: Fixture) {
        let store = fixture.store().await;
        for round in 0..10 {
            fixture.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                         WHERE datname = current_database() AND pid <> pg_backend_pid()").await;
            for id in 0..8 {
                // The application's pool may hand out a dead connection once.
                while let Err(error) = store.set(&id.to_string(), &round, MINUTE).await {
                    assert_unavailable(&error);
                }
                assert_eq!(store.get(&id.to_string()).await.unwrap().unwrap().json(), round.to_string());
            }
        }
    }

    async fn no_call_takes_longer_than_the_timeout(fixture: Fixture) {
        // Creating the table may take longer than the short limit.
        fixture.store().await;
        let store = fixture.builder().timeout(Duration::from_millis(300)).build().unwrap();
        while store.setup().await.is_err() {}
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

/// A proxy to the server of the tests, which can cut its connections or make them silent.
struct Proxy {
    url: String,
    state: tokio::sync::watch::Sender<Link>,
}

#[derive(Clone, Copy, PartialEq)]
enum Link {
    Alive,
    Cut,
    Silent,
}

impl Proxy {
    async fn new(url: &str) -> Self {
        let server: tokio_postgres::Config = url.parse().unwrap();
        let port = server.get_ports()[0];
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = url.replace(&format!(":{port}/"), &format!(":{}/", listener.local_addr().unwrap().port()));
        let (state, receiver) = tokio::sync::watch::channel(Link::Alive);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut receiver = receiver.clone();
                tokio::spawn(async move {
                    let mut server = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                    let link = tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => Link::Cut,
                        link = receiver.wait_for(|link| *link != Link::Alive) => *link.unwrap(),
                    };
                    if link == Link::Silent {
                        std::future::pending::<()>().await;
                    }
                });
            }
        });
        Self { url, state }
    }

    /// Sets the state of all connections.
    fn set(&self, link: Link) {
        self.state.send_replace(link);
    }
}

#[tokio::test]
async fn a_silent_connection_is_replaced() {
    let database = Database::new();
    let proxy = Proxy::new(&database.url()).await;
    let timeout = Duration::from_millis(300);
    let store = PgStore::builder(&proxy.url).timeout(timeout).connections(1).build().unwrap();
    store.setup().await.unwrap();
    store.set("a", &1, MINUTE).await.unwrap();
    proxy.set(Link::Silent);
    assert_unavailable(&store.get("a").await.unwrap_err());
    proxy.set(Link::Alive);
    let deadline = Instant::now() + 20 * timeout;
    while let Err(error) = store.get("a").await {
        assert_unavailable(&error);
        assert!(Instant::now() < deadline, "the store waits for a dead connection");
    }
}

contract! {
    async fn only_an_idempotent_call_is_retryable_after_its_connection_is_cut(fixture: Fixture) {
        let proxy = Proxy::new(&fixture.database.url()).await;
        let options = if fixture.via == Via::Lanes { "?options=-c%20lock_timeout%3D0" } else { "" };
        let store = fixture.set_up(fixture.builder_at(&format!("{}{options}", proxy.url))).await;
        let other = fixture.database.client().await;
        other.batch_execute("BEGIN; INSERT INTO session VALUES ('a', now(), '1')").await.unwrap();
        let create = tokio::spawn({ let store = store.clone(); async move { store.create("a", &2, MINUTE).await } });
        fixture.until_one_waits().await;
        proxy.set(Link::Cut);
        let error = create.await.unwrap().unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, false), "{error}");
        assert!(error.to_string().contains("unknown"), "{error}");
        other.batch_execute("ROLLBACK").await.unwrap();

        proxy.set(Link::Alive);
        let _ = store.create("a", &2, MINUTE).await.unwrap();
    }
}

/// A firewall drops an idle connection without a word.
#[tokio::test]
async fn a_dropped_idle_connection_costs_the_first_call_less_than_a_second() {
    let database = Database::new();
    let kinds: JoinSet<_> = (0..4).map(|kind| call_on_a_dropped_connection(database.url(), kind)).collect();
    kinds.join_all().await;
}

async fn call_on_a_dropped_connection(url: String, kind: u32) {
    let proxy = Proxy::new(&url).await;
    let builder = PgStore::builder(&proxy.url).table(format!("session_{kind}")).cleanup_interval(Duration::ZERO);
    let store = builder.build().unwrap();
    store.setup().await.unwrap();
    store.set("a", &1, MINUTE).await.unwrap();
    store.get("a").await.unwrap();
    proxy.set(Link::Silent);
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    // New connections pass.
    proxy.set(Link::Alive);
    let began = Instant::now();
    match kind {
        0 => drop(store.get("a").await.unwrap().unwrap()),
        1 => store.set("a", &2, MINUTE).await.unwrap(),
        2 => assert!(store.destroy("a").await.unwrap()),
        _ => drop(store.create("b", &2, MINUTE).await.unwrap()),
    }
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

/// A firewall drops connections in use without a word: reads are sent again, and later calls go elsewhere.
#[tokio::test]
async fn dropped_connections_cost_only_the_writes_in_flight() {
    let database = Database::new();
    for connections in [1, 3] {
        let proxy = Proxy::new(&database.url()).await;
        let builder = PgStore::builder(&proxy.url).connections(connections).timeout(Duration::from_secs(3));
        let store = builder.cleanup_interval(Duration::ZERO).build().unwrap();
        store.setup().await.unwrap();
        for id in 0..20 {
            store.set(&id.to_string(), &id, MINUTE).await.unwrap();
        }
        let end = Instant::now() + Duration::from_secs(2);
        let callers: JoinSet<_> = (0..20)
            .map(|caller: usize| {
                let (store, id) = (store.clone(), caller.to_string());
                async move {
                    let (mut longest, mut failed) = (Duration::ZERO, Vec::new());
                    while Instant::now() < end {
                        let called = Instant::now();
                        let outcome = match caller % 4 {
                            0 => store.set(&id, &0, MINUTE).await,
                            _ => store.get(&id).await.map(drop),
                        };
                        match outcome {
                            Ok(()) => longest = longest.max(called.elapsed()),
                            Err(error) => failed.push(error),
                        }
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                    (caller, longest, failed)
                }
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(300)).await;
        proxy.set(Link::Silent);
        // All open connections notice it; few are opened meanwhile.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        // New connections pass.
        proxy.set(Link::Alive);
        tokio::time::sleep(Duration::from_millis(100)).await;
        let later = Instant::now();
        store.set("later", &1, MINUTE).await.unwrap();
        // With several connections, one that was idle may be tried first.
        let limit = if connections == 1 { 350 } else { 1_000 };
        assert!(later.elapsed() < Duration::from_millis(limit), "{connections} connections: {:?}", later.elapsed());
        for (caller, longest, failed) in callers.join_all().await {
            assert!(longest < Duration::from_millis(1_500), "{connections} connections, caller {caller}: {longest:?}");
            assert!(failed.len() <= usize::from(caller % 4 == 0), "{failed:?}");
        }
    }
}

/// A machine that has vanished: each attempt to connect takes its whole time limit.
#[tokio::test]
async fn in_a_long_outage_nobody_waits_for_an_attempt_to_connect() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://u:p@{}/d?connect_timeout=3&sslmode=disable", silent.local_addr().unwrap());
    let store = PgStore::builder(&url).timeout(Duration::from_secs(4)).build().unwrap();
    assert_unavailable(&store.get("a").await.unwrap_err());
    for _ in 0..8 {
        let began = Instant::now();
        assert_unavailable(&store.get("a").await.unwrap_err());
        // A pause, and a quarter of a second.
        assert!(began.elapsed() < Duration::from_millis(750), "{:?}", began.elapsed());
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}
