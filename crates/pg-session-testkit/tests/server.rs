//! `Server`.

#![expect(clippy::unwrap_used, reason = "tests and their helpers fail by panicking")]

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use pg_session_testkit::{Error, Server};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn text(client: &Client, query: &str) -> String {
    client.query_one(query, &[]).await.unwrap().get(0)
}

/// Creates a folder that the server's user can enter.
fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::set_permissions(home.path(), Permissions::from_mode(0o755)).unwrap();
    home
}

#[tokio::test]
async fn accepts_connections_over_tcp_and_the_socket() {
    let server = Server::start().unwrap();
    for (url, over_tcp) in [(server.url("postgres"), true), (server.socket_url("postgres"), false)] {
        let client = connect(&url).await;
        let row = client.query_one("SELECT inet_server_addr() IS NOT NULL, current_user::text", &[]).await.unwrap();
        assert_eq!((row.get(0), row.get(1)), (over_tcp, server.user()));
        assert_eq!(text(&client, "SHOW server_encoding").await, "UTF8");
        assert_eq!(text(&client, "SHOW fsync").await, "off");
    }
    assert_eq!(fs::metadata(server.socket_dir()).unwrap().mode() & 0o777, 0o700);
    assert!(!format!("{server:?}").contains(server.password()));
    let wrong = server.url_as(server.user(), "wrong", "postgres");
    assert!(tokio_postgres::connect(&wrong, NoTls).await.is_err());
}

#[tokio::test]
async fn settings_and_hba_rules_are_applied() {
    let server = Server::builder()
        .durable(true)
        .setting("max_connections", "150")
        .setting("application_name", "it's, \"quoted\"")
        .hba("host all guest 127.0.0.1/32 trust")
        .start()
        .unwrap();
    let client = connect(&server.url("postgres")).await;
    client.batch_execute("CREATE ROLE guest LOGIN").await.unwrap();
    assert_eq!(text(&client, "SHOW fsync").await, "on");
    assert_eq!(text(&client, "SHOW max_connections").await, "150");
    assert_eq!(text(&client, "SHOW application_name").await, "it's, \"quoted\"");
    let guest = connect(&server.url_as("guest", "any", "postgres")).await;
    assert_eq!(text(&guest, "SELECT current_user::text").await, "guest");
}

#[tokio::test]
async fn committed_data_survives_a_stop_and_a_crash() {
    let mut server = Server::start().unwrap();
    let url = server.url("postgres");
    connect(&url).await.batch_execute("CREATE TABLE kept AS SELECT 1").await.unwrap();

    server.stop().unwrap();
    assert!(tokio_postgres::connect(&url, NoTls).await.is_err());
    server.start_again().unwrap();
    assert_eq!(server.url("postgres"), url);
    connect(&url).await.batch_execute("INSERT INTO kept VALUES (2)").await.unwrap();

    server.kill().unwrap();
    assert!(tokio_postgres::connect(&url, NoTls).await.is_err());
    server.start_again().unwrap();
    assert_eq!(text(&connect(&url).await, "SELECT count(*)::text FROM kept").await, "2");
}

#[tokio::test]
async fn the_next_server_reuses_a_data_dir() {
    let home = home();
    let start = || Server::builder().data_dir(home.path()).durable(true).start();

    let first = start().unwrap();
    let password = first.password().to_owned();
    let socket_dir = first.socket_dir().to_owned();
    connect(&first.url("postgres")).await.batch_execute("CREATE TABLE kept ()").await.unwrap();
    drop(first);
    assert!(!socket_dir.exists());

    let second = start().unwrap();
    assert_eq!(second.password(), password);
    connect(&second.url("postgres")).await.batch_execute("SELECT FROM kept").await.unwrap();
    let mode = fs::metadata(home.path().join("password")).unwrap().mode();
    assert_eq!(mode & 0o777, 0o600);

    let third = start().unwrap_err();
    assert!(matches!(&third, Error::InUse { home: used } if used == home.path()), "{third}");
}

#[test]
fn only_one_of_two_servers_gets_a_data_dir() {
    let home = home();
    let start = || Server::builder().data_dir(home.path()).start();
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(start);
        (start(), one.join().unwrap())
    });
    let ((Ok(_), Err(error)) | (Err(error), Ok(_))) = (&one, &other) else { panic!("{one:?} {other:?}") };
    assert!(matches!(error, Error::InUse { .. }), "{error}");
}

#[tokio::test]
async fn a_server_starts_after_a_crash() {
    let home = home();
    let start = || Server::builder().data_dir(home.path()).start();
    drop(start().unwrap());

    // A process with this number is running, but it is this test and not a server.
    let pid_file = home.path().join("data/postmaster.pid");
    let stale = format!("{}\n{}\n1\n1\n\n\n\nready   \n", std::process::id(), home.path().display());
    fs::write(&pid_file, stale).unwrap();
    fs::create_dir(home.path().join("unfinished")).unwrap();

    let server = start().unwrap();
    connect(&server.url("postgres")).await.batch_execute("SELECT").await.unwrap();
}

#[test]
fn an_interrupted_initialization_starts_over() {
    let home = home();
    fs::create_dir(home.path().join("unfinished")).unwrap();
    fs::write(home.path().join("unfinished/PG_VERSION"), "15\n").unwrap();
    fs::write(home.path().join("password"), "old").unwrap();

    let server = Server::builder().data_dir(home.path()).start().unwrap();
    assert_ne!(server.password(), "old");
    assert!(!home.path().join("unfinished").exists());
}

#[test]
fn data_of_another_version_is_an_error() {
    let home = home();
    fs::create_dir(home.path().join("data")).unwrap();
    fs::write(home.path().join("data/PG_VERSION"), "9.6\n").unwrap();
    let error = Server::builder().data_dir(home.path()).start().unwrap_err();
    assert!(matches!(&error, Error::VersionMismatch { data, .. } if data == "9.6"), "{error}");
}

#[test]
fn an_inaccessible_data_dir_is_an_error() {
    let home = tempfile::tempdir().unwrap();
    fs::set_permissions(home.path(), Permissions::from_mode(0o700)).unwrap();
    let inside = home.path().join("data");
    let started = Server::builder().data_dir(&inside).start();
    match (started, running_as_root(home.path())) {
        (Err(error), true) => {
            assert!(matches!(&error, Error::NotAccessible { path, .. } if path == &inside), "{error}");
        }
        (started, false) => drop(started.unwrap()),
        (Ok(_), true) => panic!("started in a folder that only root can enter"),
    }
}

fn running_as_root(own: &Path) -> bool {
    fs::metadata(own).unwrap().uid() == 0
}

#[test]
fn the_error_for_a_wrong_setting_contains_the_log() {
    let error = Server::builder().setting("no_such_setting", "1").start().unwrap_err();
    let Error::ProgramFailed { program: "postgres", log } = &error else { panic!("{error}") };
    assert!(log.contains("no_such_setting"), "{log}");
}

#[test]
fn start_again_waits_for_a_taken_port() {
    let mut server = Server::start().unwrap();
    server.stop().unwrap();
    let thief = TcpListener::bind((server.host(), server.port())).unwrap();
    let port = server.port();
    let release = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(300));
        drop(thief);
    });
    server.start_again().unwrap();
    assert_eq!(server.port(), port);
    release.join().unwrap();
}

#[tokio::test]
async fn a_standby_has_the_data_of_its_primary_and_accepts_writes_once_promoted() {
    let mut primary = Server::start().unwrap();
    connect(&primary.url("postgres")).await.batch_execute("CREATE TABLE a AS SELECT 'one'::text AS a").await.unwrap();
    let mut standby = primary.start_standby().unwrap();
    assert_eq!(standby.password(), primary.password());
    let client = connect(&standby.url("postgres")).await;
    assert_eq!(text(&client, "SELECT a FROM a").await, "one");
    assert!(client.batch_execute("UPDATE a SET a = 'two'").await.is_err());
    drop(primary);
    client.execute("SELECT pg_promote()", &[]).await.unwrap();
    assert_eq!(text(&client, "UPDATE a SET a = 'two' RETURNING a").await, "two");
    standby.stop().unwrap();
    standby.start_again().unwrap();
    assert_eq!(text(&connect(&standby.url("postgres")).await, "SELECT a FROM a").await, "two");
}
