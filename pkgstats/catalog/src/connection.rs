//! One connection of the pool, with prepared statements, for the statements of one call.

use deadpool_postgres::{Object, Pool, Transaction};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

use crate::error::Error;

const SETTINGS: &str = include_str!("../sql/settings.sql");

/// A read-only transaction. Dropping it ends it.
///
/// It holds a lock on the tables that it has read, so that an import does not replace them before the call ends: a call
/// sees one generation.
pub(crate) struct Connection<'a>(Transaction<'a>);

/// Takes a connection out of the pool.
pub(crate) async fn client(pool: &Pool) -> Result<Object, Error> {
    Ok(pool.get().await?)
}

impl<'a> Connection<'a> {
    /// Begins the transaction.
    pub(crate) async fn begin(client: &'a mut Object) -> Result<Self, Error> {
        let transaction = client.build_transaction().read_only(true).start().await?;
        transaction.batch_execute(SETTINGS).await?;
        Ok(Self(transaction))
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
