//! One connection of the pool, with prepared statements.

use deadpool_postgres::{Object, Pool};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

use crate::error::Error;

/// A connection for the statements of one call.
pub(crate) struct Connection(Object);

impl Connection {
    pub(crate) async fn of(pool: &Pool) -> Result<Self, Error> {
        Ok(Self(pool.get().await?))
    }

    /// Runs a statement, prepared once for each connection.
    pub(crate) async fn query(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        let result = async {
            let statement = self.0.prepare_cached(sql).await?;
            self.0.query(&statement, params).await
        };
        result.await.map_err(|error| match Error::from(error) {
            error if error.is_sql_state(&SqlState::UNDEFINED_TABLE) => Error::NotMigrated,
            error => error,
        })
    }
}
