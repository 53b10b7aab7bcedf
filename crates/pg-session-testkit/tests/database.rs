//! `Database`.

#![expect(clippy::unwrap_used, reason = "tests and their helpers fail by panicking")]

use std::time::{Duration, Instant};

use pg_session_testkit::{Database, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_postgres::{Client, NoTls};

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn current_database(client: &Client) -> String {
    client.query_one("SELECT current_database()::text", &[]).await.unwrap().get(0)
}

async fn exists(name: &str) -> bool {
    let client = connect(&Server::shared().url("postgres")).await;
    let query = "SELECT FROM pg_database WHERE datname = $1";
    client.query_opt(query, &[&name]).await.unwrap().is_some()
}

#[tokio::test]
async fn accepts_connections_over_tcp_and_the_socket() {
    let database = Database::new();
    for url in [database.url(), database.socket_url()] {
        assert_eq!(current_database(&connect(&url).await).await, database.name());
    }
    assert_eq!(current_database(&database.client().await).await, database.name());
}

#[tokio::test]
async fn url_as_connects_as_another_role() {
    let database = Database::new();
    let client = database.client().await;
    let role = format!("role of {}", database.name());
    client.batch_execute(&format!("CREATE ROLE \"{role}\" LOGIN PASSWORD 'a:b/c@d'")).await.unwrap();

    let other = connect(&database.url_as(&role, "a:b/c@d")).await;
    let user: String = other.query_one("SELECT current_user::text", &[]).await.unwrap().get(0);
    client.batch_execute(&format!("DROP ROLE \"{role}\"")).await.unwrap();

    assert_eq!(user, role);
    assert!(tokio_postgres::connect(&database.url_as("postgres", "wrong"), NoTls).await.is_err());
}

/// PostgreSQL waits for a client in the middle of its login, and the test for PostgreSQL.
#[tokio::test]
async fn drop_does_not_wait_for_a_login_of_the_same_runtime() {
    let database = Database::new();
    let mut silent = TcpStream::connect((Server::shared().host(), Server::shared().port())).await.unwrap();
    let startup = format!("user\0{}\0database\0{}\0\0", Server::shared().user(), database.name());
    let length = u32::try_from(8 + startup.len()).unwrap();
    silent.write_all(&[&length.to_be_bytes(), &[0, 3, 0, 0], startup.as_bytes()].concat()).await.unwrap();
    // The server asks for the password.
    silent.read_u8().await.unwrap();
    let began = Instant::now();
    drop(database);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn drop_removes_the_database_despite_open_connections() {
    let database = Database::new();
    let name = database.name().to_owned();
    let client = database.client().await;
    assert!(exists(&name).await);
    drop(database);
    // On a busy machine, it ends in the background.
    let deadline = Instant::now() + Duration::from_secs(20);
    while exists(&name).await {
        assert!(Instant::now() < deadline, "the database still exists");
    }
    assert!(client.batch_execute("SELECT 1").await.is_err());
}

#[test]
fn threads_outside_of_a_runtime_create_separate_databases() {
    let threads: Vec<_> = (0..8).map(|_| std::thread::spawn(Database::new)).collect();
    let databases: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    let mut names: Vec<_> = databases.iter().map(Database::name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 8);
}
