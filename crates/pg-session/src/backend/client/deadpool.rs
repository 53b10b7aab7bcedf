//! `deadpool_postgres::Pool` as a client.

use deadpool_postgres::{Pool, PoolError};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::{Client, Rows};
use crate::error::{Error, Result};

impl Client for Pool {
    /// Sends an unnamed statement, in one round trip: the pool may be behind a transaction pooler.
    async fn query(&self, sql: &str, params: &[String]) -> Result<Rows> {
        let client = self.get().await.map_err(from_pool)?;
        let params: Vec<_> = params.iter().map(|param| (param as &(dyn ToSql + Sync), Type::TEXT)).collect();
        let rows = client.query_typed(sql, &params).await.map_err(from_tokio_postgres)?;
        let text = |row: &Row| (0..row.len()).map(|column| row.try_get(column)).collect::<Result<_, _>>();
        rows.iter().map(text).collect::<Result<_, _>>().map_err(from_tokio_postgres)
    }
}

/// The pool's attempt to connect may have been refused, for example because of the password.
fn from_pool(error: PoolError) -> Error {
    match error {
        PoolError::Backend(error) if error.as_db_error().is_some() => from_tokio_postgres(error),
        error => Error::unreachable(error),
    }
}

/// Leaves out PostgreSQL's detail, which may quote a session id.
fn from_tokio_postgres(error: tokio_postgres::Error) -> Error {
    match error.as_db_error() {
        Some(answer) => Error::refused(answer.code().code(), answer.message()),
        None => Error::connection_lost(error),
    }
}
