//! `sqlx::PgPool` as a client.

use sqlx::{AssertSqlSafe, PgPool, Row};

use super::{Client, Rows};
use crate::error::{Error, Result};

impl Client for PgPool {
    async fn query(&self, sql: &str, params: &[String]) -> Result<Rows> {
        let mut connection = self.acquire().await.map_err(|error| from_sqlx(error, Error::unreachable))?;
        // Safe: the store's statements contain quoted identifiers only, and every value is a parameter.
        let query = params.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, param| query.bind(param));
        let lost = |error| from_sqlx(error, Error::connection_lost);
        let rows = query.fetch_all(&mut *connection).await.map_err(lost)?;
        rows.iter().map(|row| (0..row.len()).map(|column| row.try_get(column).map_err(lost)).collect()).collect()
    }
}

fn from_sqlx(error: sqlx::Error, otherwise: fn(sqlx::Error) -> Error) -> Error {
    match error.as_database_error() {
        Some(answer) => Error::refused(&answer.code().unwrap_or_default(), answer.message()),
        None => otherwise(error),
    }
}
