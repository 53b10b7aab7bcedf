//! Hosts, sockets, logins, and the errors when they fail. TLS has its own files.

mod certificates;
mod environment;
mod hosts;
mod negotiation;
mod password;
mod strings;
pub(crate) mod tls;

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use pg_session::{Error, ErrorKind, PgStore};
use pg_session_testkit::{Address, Database, Server};
use tokio_postgres::NoTls;

/// Connects, and evaluates `expression` on that connection's row of pg_stat_activity and pg_stat_ssl.
async fn observe(server: &Address, url: &str, application: &str, expression: &str) -> Result<String, Error> {
    let store = PgStore::builder(url).cleanup_interval(Duration::ZERO).build()?;
    store.setup().await?;
    let (client, connection) = tokio_postgres::connect(&server.url("postgres"), NoTls).await.unwrap();
    tokio::spawn(connection);
    let sql = format!(
        "SELECT ({expression})::text FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE application_name = $1"
    );
    let value = client.query(&sql, &[&application]).await.unwrap().first().expect("the store is connected").get(0);
    store.close().await;
    Ok(value)
}

/// Returns the error of a setup. After half of its limit, it reports that the server cannot be reached.
async fn failure(url: &str) -> Error {
    failure_within(Duration::from_secs(2), url).await
}

/// Like [`failure`], for attempts that take long themselves.
async fn failure_within(limit: Duration, url: &str) -> Error {
    let store = PgStore::builder(url).timeout(limit).cleanup_interval(Duration::ZERO).build().unwrap();
    store.setup().await.expect_err(url)
}

fn assert_error(error: &Error, kind: ErrorKind, parts: &[&str]) {
    assert_eq!((error.kind(), error.is_retryable()), (kind, kind == ErrorKind::Unavailable), "{error}");
    for part in parts {
        assert!(error.to_string().contains(part), "{part:?} is not in: {error}");
    }
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        assert!(!error.to_string().contains(&cause.to_string()), "the message repeats its source: {error}");
        source = cause.source();
    }
}

/// Returns a port of this machine on which nobody listens.
fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn the_application_name_is_pg_session_by_default() {
    let database = Database::new();
    let here = format!("datname = '{}'", database.name());
    assert_eq!(
        observe(Server::shared(), &database.url(), "pg-session", &format!("bool_or({here}) OVER ()")).await.unwrap(),
        "true"
    );
    let url = format!("{}?application_name=shop", database.url());
    assert_eq!(observe(Server::shared(), &url, "shop", &here).await.unwrap(), "true");
}

#[tokio::test]
async fn every_form_of_a_unix_socket_works_without_tls() {
    let database = Database::new();
    let server = Server::shared();
    let (folder, port, user, password, name) =
        (server.socket_dir().display(), server.port(), server.user(), server.password(), database.name());
    let in_query = format!("postgres://{user}:{password}@/{name}?host={folder}&port={port}");
    for (number, url) in [
        format!("{}?sslmode=disable", database.socket_url()),
        format!("{in_query}&sslmode=verify-full&sslrootcert=/nowhere"),
        format!("{in_query}&sslmode=require"),
        format!("{in_query}&sslmode=allow"),
        format!("{in_query}&sslmode=prefer"),
        in_query,
    ]
    .into_iter()
    .enumerate()
    {
        let application = format!("socket-{number}");
        let url = format!("{url}&application_name={application}");
        assert_eq!(observe(server, &url, &application, "client_addr IS NULL").await.unwrap(), "true", "{number}");
    }
    let pairs = format!(
        "host={folder} port={port} user={user} password='{password}' dbname={name} application_name=socket-pairs"
    );
    assert_eq!(observe(server, &pairs, "socket-pairs", "client_addr IS NULL").await.unwrap(), "true");
}

#[tokio::test]
async fn a_refused_login_reports_the_server_and_the_reason() {
    let database = Database::new();
    let server = Server::shared();
    let endpoint = format!("127.0.0.1:{}", server.port());

    let error = failure(&database.url_as(server.user(), "hunter2")).await;
    assert_error(&error, ErrorKind::Configuration, &[&endpoint, server.user(), "check the user and password"]);
    assert_eq!(error.sqlstate(), Some("28P01"));
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");

    let error = failure(&database.url_as("nobody-knows", server.password())).await;
    assert_error(&error, ErrorKind::Configuration, &[&endpoint, "nobody-knows"]);

    let error = failure(&server.url("no_such_database")).await;
    assert_error(&error, ErrorKind::Configuration, &[&endpoint, "no_such_database", "create the database"]);

    let error = failure(&format!("host=127.0.0.1 port={} user={} dbname=postgres", server.port(), server.user())).await;
    assert_error(&error, ErrorKind::Configuration, &[&endpoint, "password missing", "check the password"]);

    let channel = format!("{}?sslmode=disable&channel_binding=require", database.url());
    assert_error(&failure(&channel).await, ErrorKind::Configuration, &[&endpoint, "channel_binding"]);
}

#[tokio::test]
async fn a_store_connects_once_the_cause_is_fixed() {
    let database = Database::new();
    let role = format!("late_{}", database.name());
    let store = PgStore::new(database.url_as(&role, "hunter2")).unwrap();
    assert_eq!(store.setup().await.unwrap_err().kind(), ErrorKind::Configuration);
    let client = database.client().await;
    client.batch_execute(&format!("CREATE ROLE {role} SUPERUSER LOGIN PASSWORD 'hunter2'")).await.unwrap();
    store.setup().await.unwrap();
    store.close().await;
    client.batch_execute(&format!("REASSIGN OWNED BY {role} TO CURRENT_USER; DROP ROLE {role}")).await.unwrap();
}

#[tokio::test]
async fn an_unreachable_server_reports_what_to_check() {
    let port = free_port();
    let error = failure(&format!("postgres://u:p@127.0.0.1:{port}/d")).await;
    assert_error(&error, ErrorKind::Unavailable, &[&format!("127.0.0.1:{port}"), "check that it runs"]);

    let error =
        failure_within(Duration::from_secs(5), "postgres://u:p@no-such-host.invalid/d?connect_timeout=20").await;
    assert_error(&error, ErrorKind::Unavailable, &["no-such-host.invalid:5432", "host name"]);

    let error = failure("host=/no/such/folder user=u").await;
    assert_error(&error, ErrorKind::Unavailable, &["/no/such/folder:5432", "check that it runs"]);
}

#[tokio::test]
async fn a_silent_server_runs_into_connect_timeout() {
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = silent.local_addr().unwrap().port();
    let started = Instant::now();
    let url = format!("postgres://u:p@127.0.0.1:{port}/d?connect_timeout=1");
    let error = failure_within(Duration::from_secs(5), &url).await;
    assert_error(&error, ErrorKind::Unavailable, &["no answer within 1 s"]);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

/// Linux refuses a limit for unacknowledged data that has more than 31 bits of milliseconds.
#[tokio::test]
async fn a_time_limit_of_a_month_is_one() {
    let database = Database::new();
    let url = database.url();
    for timeout in
        [Duration::from_secs(30 * 86_400), Duration::from_millis((1 << 31) - 1), Duration::from_millis(1 << 31)]
    {
        let store = PgStore::builder(&url).timeout(timeout).build().unwrap();
        store.setup().await.unwrap();
        store.close().await;
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_is_unavailable() {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let accepting = tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            drop(socket);
        }
    });
    for mode in ["disable", "prefer", "require"] {
        let error = failure(&format!("postgres://u:p@127.0.0.1:{port}/d?sslmode={mode}")).await;
        assert_error(&error, ErrorKind::Unavailable, &[&format!("127.0.0.1:{port}"), "check"]);
    }
    accepting.abort();
}

#[tokio::test]
async fn the_first_of_several_hosts_that_accepts_writes_is_used() {
    let writable = Server::shared();
    let standby = Server::builder().setting("default_transaction_read_only", "on").start().unwrap();
    let (down, standby, up) = (free_port(), copy_password(writable, &standby).await, writable.port());
    let url = |ports: &[u16], options: &str| {
        let hosts: Vec<String> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        format!("postgres://{}:{}@{}/postgres?{options}", writable.user(), writable.password(), hosts.join(","))
    };
    for (number, ports) in
        [vec![down, up], vec![standby, up], vec![down, standby, up], vec![up, down]].iter().enumerate()
    {
        for balance in ["disable", "random"] {
            let application = format!("hosts-{number}-{balance}");
            let url = url(ports, &format!("load_balance_hosts={balance}&application_name={application}"));
            assert_eq!(observe(writable, &url, &application, "true").await.unwrap(), "true");
        }
    }

    let error = failure(&url(&[down, standby], "")).await;
    assert_error(&error, ErrorKind::Unavailable, &["host 2 of 2", &standby.to_string(), "accepts no writes"]);
    let error = failure(&url(&[standby], "target_session_attrs=primary")).await;
    assert_error(&error, ErrorKind::Unavailable, &[&standby.to_string(), "accepts no writes"]);
    let error = failure(&url(&[standby, down], "")).await;
    assert_error(&error, ErrorKind::Unavailable, &["host 2 of 2", &down.to_string(), "check that it runs"]);

    // As in libpq, a refused login ends the search.
    let wrong = url(&[up, standby], "").replace(writable.password(), "hunter2");
    assert_error(&failure(&wrong).await, ErrorKind::Configuration, &["host 1 of 2", &up.to_string()]);
}

/// Lets the superuser of `from` log in to `to` with the same password, and returns the port of `to`.
async fn copy_password(from: &Address, to: &Address) -> u16 {
    let (client, connection) = tokio_postgres::connect(&to.url("postgres"), NoTls).await.unwrap();
    tokio::spawn(connection);
    let sql = format!("ALTER ROLE {} PASSWORD '{}'", from.user(), from.password());
    client.batch_execute("SET default_transaction_read_only = off").await.unwrap();
    client.batch_execute(&sql).await.unwrap();
    to.port()
}
