//! Hosts that do not answer, beside one that does.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pg_session::PgStore;
use pg_session_testkit::{Database, Server};
use tokio::net::TcpListener;

/// Starts a server that accepts connections and never says a word. Returns its port and the number of its connections.
async fn silent() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let (port, count) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        let mut sockets = Vec::new();
        while let Ok((socket, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            sockets.push(socket);
        }
    });
    (port, count)
}

fn url(database: &Database, ports: &[u16], options: &str) -> String {
    let server = Server::shared();
    let hosts: Vec<String> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    format!("postgres://{}:{}@{}/{}?{options}", server.user(), server.password(), hosts.join(","), database.name())
}

#[tokio::test]
async fn a_host_that_does_not_answer_costs_a_quarter_of_a_second_once() {
    let database = Database::new();
    let (port, attempts) = silent().await;
    for balance in ["disable", "random"] {
        let options = format!("load_balance_hosts={balance}");
        let builder = PgStore::builder(url(&database, &[port, Server::shared().port()], &options));
        let store = builder.connections(1).cleanup_interval(Duration::ZERO).build().unwrap();
        let started = Instant::now();
        store.setup().await.unwrap();
        // A host has 5 s to answer. The machine may be slow.
        assert!(started.elapsed() < Duration::from_secs(4), "{balance}: {:?}", started.elapsed());
        store.close().await;
    }

    // The host that answered is tried first from now on.
    let builder = PgStore::builder(url(&database, &[port, Server::shared().port()], ""));
    let store = builder.connections(1).cleanup_interval(Duration::ZERO).build().unwrap();
    store.setup().await.unwrap();
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let mut direct = 0;
    for _ in 0..10 {
        let before = attempts.load(Ordering::Relaxed);
        database.client().await.batch_execute(sql).await.unwrap();
        store.get("a").await.unwrap();
        direct += usize::from(attempts.load(Ordering::Relaxed) == before);
    }
    // Not all ten: a login on a busy machine may take longer than a quarter of a second.
    assert!(direct > 0, "each connection was tried at the host that does not answer first");
    store.close().await;
}

/// Sixteen stores try one of two hosts first, at random. All alike would be a chance of 1 to 32,768.
#[tokio::test]
async fn the_hosts_are_tried_in_random_order_if_the_connection_string_asks_for_it() {
    let database = Database::new();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let (closing, count) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    for (balance, expected) in [("random", 1..16), ("disable", 16..17)] {
        count.store(0, Ordering::Relaxed);
        let url = url(&database, &[closing, Server::shared().port()], &format!("load_balance_hosts={balance}"));
        for _ in 0..16 {
            let store = PgStore::builder(&url).connections(1).cleanup_interval(Duration::ZERO).build().unwrap();
            store.setup().await.unwrap();
            store.close().await;
        }
        let count = count.load(Ordering::Relaxed);
        assert!(expected.contains(&count), "{balance}: {count} of 16");
    }
}

#[tokio::test]
async fn a_refused_login_ends_the_search_despite_a_silent_host() {
    let database = Database::new();
    let (port, _) = silent().await;
    let wrong = url(&database, &[Server::shared().port(), port], "connect_timeout=60")
        .replace(Server::shared().password(), "hunter2");
    let started = Instant::now();
    let error = super::failure(&wrong).await;
    assert_eq!(error.sqlstate(), Some("28P01"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_dead_connection_is_noticed_by_the_system() {
    let database = Database::new();
    let store = PgStore::builder(format!("{}?application_name=alive", database.url())).connections(1).build().unwrap();
    store.setup().await.unwrap();
    let port = Server::shared().port();
    let Ok(output) = std::process::Command::new("ss").args(["-Htno", "state", "established"]).output() else { return };
    let sockets = String::from_utf8_lossy(&output.stdout).into_owned();
    let to_server =
        sockets.lines().filter(|line| line.split_whitespace().nth(3).is_some_and(|p| p.ends_with(&format!(":{port}"))));
    assert!(
        to_server.into_iter().any(|line| line.contains("timer:(keepalive,") && !line.contains("keepalive,119min")),
        "{sockets}"
    );
    store.close().await;
}
