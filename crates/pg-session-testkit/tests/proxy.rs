//! `Proxy`, from the point of view of a client.

#![expect(clippy::unwrap_used, reason = "tests and their helpers fail by panicking")]

use std::time::Duration;

use pg_session_testkit::{Database, Fault, Faults, Proxy};
use tokio::time::timeout;
use tokio_postgres::{Client, NoTls};

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn one(client: &Client, number: i32) -> Result<i32, tokio_postgres::Error> {
    client.query_one("SELECT $1::int4", &[&number]).await.map(|row| row.get(0))
}

#[tokio::test]
async fn harmless_faults_change_no_result() {
    let database = Database::new();
    let proxy = Proxy::start(&database.url()).await.unwrap();
    let client = connect(proxy.url()).await;
    assert_eq!(one(&client, 1).await.unwrap(), 1);
    for fault in Fault::HARMLESS {
        proxy.misbehave(Faults::at_random(&[fault], 1, 1));
        for number in 0..50 {
            assert_eq!(one(&client, number).await.unwrap(), number, "{fault:?}");
        }
    }
    assert!(proxy.struck() >= 100, "{proxy:?}");
    assert_eq!(proxy.connections(), 1);
}

#[tokio::test]
async fn a_cut_follows_the_execution_of_the_statement() {
    let database = Database::new();
    let proxy = Proxy::start(&database.url()).await.unwrap();
    let (client, direct) = (connect(proxy.url()).await, database.client().await);
    direct.batch_execute("CREATE TABLE done (what int)").await.unwrap();
    let insert = client.prepare("INSERT INTO done VALUES (1)").await.unwrap();
    proxy.misbehave(Faults::at_random(&[Fault::CutBeforeAnswer], 1, 1));
    assert!(client.execute(&insert, &[]).await.unwrap_err().is_closed());
    let row = direct.query_one("SELECT count(*) FROM done", &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 1);
}

#[tokio::test]
async fn a_rule_chooses_the_answers() {
    let database = Database::new();
    let proxy = Proxy::start(&database.url()).await.unwrap();
    proxy.misbehave(Faults::by_rule(1, |answer| {
        answer.iter().any(|message| message.body().ends_with(&[0, 0, 0, 7])).then_some(Fault::Truncated)
    }));
    let client = connect(proxy.url()).await;
    assert_eq!(one(&client, 6).await.unwrap(), 6);
    assert!(one(&client, 7).await.unwrap_err().is_closed());
    proxy.behave();
    assert_eq!(one(&connect(proxy.url()).await, 7).await.unwrap(), 7);
}

#[tokio::test]
async fn release_forwards_what_was_held() {
    let database = Database::new();
    let proxy = Proxy::start(&database.url()).await.unwrap();
    let (client, direct) = (connect(proxy.url()).await, database.client().await);
    direct.batch_execute("CREATE TABLE done (what int)").await.unwrap();
    proxy.hold_answers();
    let insert = tokio::spawn(async move { client.batch_execute("INSERT INTO done VALUES (1)").await });
    let count = "SELECT count(*) FROM done";
    while direct.query_one(count, &[]).await.unwrap().get::<_, i64>(0) == 0 {}
    assert!(!insert.is_finished());
    proxy.hold_connections();
    let connecting = connect(proxy.url());
    tokio::pin!(connecting);
    assert!(timeout(Duration::from_millis(50), &mut connecting).await.is_err());
    proxy.release();
    insert.await.unwrap().unwrap();
    let client = connecting.await;

    proxy.hold_answers();
    proxy.cut();
    assert!(client.batch_execute("SELECT 1").await.unwrap_err().is_closed());
}

#[tokio::test]
async fn two_answers_are_swapped() {
    let database = Database::new();
    let proxy = Proxy::start(&database.url()).await.unwrap();
    let client = connect(proxy.url()).await;
    let statement = client.prepare("SELECT $1::int4").await.unwrap();
    let mut is_first = true;
    proxy.misbehave(Faults::by_rule(1, move |_| {
        std::mem::replace(&mut is_first, false).then_some(Fault::SwappedAnswers)
    }));
    let [one, two] = [1, 2].map(|number| {
        let (client, statement) = (&client, &statement);
        async move { client.query_one(statement, &[&number]).await.unwrap().get::<_, i32>(0) }
    });
    // tokio-postgres relies on the order of the answers.
    assert_eq!(tokio::join!(one, two), (2, 1));
    assert_eq!(proxy.struck(), 1);
}

/// A client may send a statement before it learns that its server process has ended.
#[tokio::test]
async fn release_forwards_the_error_of_a_terminated_server_process() {
    let database = Database::new();
    let proxy = Proxy::start(&database.url()).await.unwrap();
    let (client, direct) = (connect(proxy.url()).await, database.client().await);
    let statement = client.prepare("SELECT $1::int4").await.unwrap();
    proxy.hold_answers();
    let others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    direct.execute(&format!("SELECT pg_terminate_backend(pid) {others}"), &[]).await.unwrap();
    while direct.query_one(&format!("SELECT count(*) {others}"), &[]).await.unwrap().get::<_, i64>(0) > 0 {}
    let statements = proxy.statements();
    let query = tokio::spawn(async move { client.query_one(&statement, &[&1]).await.map(drop) });
    while proxy.statements() == statements {
        tokio::task::yield_now().await;
    }
    proxy.release();
    assert_eq!(query.await.unwrap().unwrap_err().code().unwrap().code(), "57P01");
}
