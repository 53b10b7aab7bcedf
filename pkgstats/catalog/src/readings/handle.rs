//! The readings in one database.

use deadpool_postgres::Pool;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::error::Error;

pub(super) type Result<T> = std::result::Result<T, Error>;

/// What was read of packages. Clones share one pool.
#[derive(Clone)]
pub struct Readings {
    pub(super) pool: Pool,
}

impl Readings {
    /// Returns the readings in the database of this pool. Does not connect.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Notes that the registry has nothing new of a package.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn confirm(&self, name: &str) -> Result<()> {
        self.query(include_str!("../../sql/readings/confirm.sql"), &[&name]).await.map(drop)
    }

    pub(super) async fn query(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query(&statement, params).await?)
    }

    pub(super) async fn count(&self, sql: &str, name: &str) -> Result<i64> {
        Ok(self.query(sql, &[&name]).await?.first().map_or(0, |row| row.get(0)))
    }
}
