//! The users of one database.

use deadpool_postgres::Pool;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::error::Error;

pub(super) type Result<T> = std::result::Result<T, Error>;

/// The users' rows. Clones share one pool.
#[derive(Clone)]
pub struct Users {
    pool: Pool,
}

impl Users {
    /// Returns the users in the database of this pool. Does not connect.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    pub(super) async fn query(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query(&statement, params).await?)
    }
}
