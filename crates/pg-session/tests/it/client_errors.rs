//! What a client of the application reports, and what callers are told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pg_session::{Client, Error, ErrorKind, PgStore, Result, Rows};
use pg_session_testkit::Database;
use tokio_postgres::NoTls;
use tokio_postgres::types::ToSql;

use crate::via::MINUTE;

/// A client behind a pooler, whose server may be lost while a statement runs.
#[derive(Clone)]
struct Pooled {
    client: Arc<tokio_postgres::Client>,
    is_lost: Arc<AtomicBool>,
}

impl Client for Pooled {
    async fn query(&self, sql: &str, params: &[String]) -> Result<Rows> {
        let params: Vec<_> = params.iter().map(|param| param as &(dyn ToSql + Sync)).collect();
        let rows = self.client.query(sql, &params).await.map_err(Error::connection_lost)?;
        if self.is_lost.load(Ordering::Relaxed) {
            return Err(Error::refused("08P01", "server conn crashed?"));
        }
        Ok(rows.iter().map(|row| (0..row.len()).map(|column| row.get(column)).collect()).collect())
    }
}

#[tokio::test]
async fn a_statement_whose_server_was_lost_may_have_run() {
    let database = Database::new();
    let pooled = Pooled { client: Arc::new(database.client().await), is_lost: Arc::default() };
    let store = PgStore::new(pooled.clone()).unwrap();
    store.set("a", &1, MINUTE).await.unwrap();
    pooled.is_lost.store(true, Ordering::Relaxed);
    let take = store.take("a").await.unwrap_err();
    assert_eq!(
        (take.kind(), take.is_retryable()),
        (ErrorKind::Unavailable, false),
        "a second one would find nothing: {take}"
    );
    assert!(store.get("a").await.unwrap_err().is_retryable());
}

#[tokio::test]
async fn a_refused_login_of_a_pool_is_told_as_one() {
    let mut config: tokio_postgres::Config = Database::new().url().parse().unwrap();
    config.password("wrong");
    let manager = deadpool_postgres::Manager::new(config, NoTls);
    let pool = deadpool_postgres::Pool::builder(manager).build().unwrap();
    let error = PgStore::new(pool).unwrap().get("a").await.unwrap_err();
    assert_eq!((error.kind(), error.sqlstate()), (ErrorKind::Configuration, Some("28P01")), "{error}");
}
