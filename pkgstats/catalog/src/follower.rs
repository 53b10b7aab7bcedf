//! How far the feed of changes of a registry was followed, and who is interested in what has changed.

use deadpool_postgres::Pool;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::error::Error;

/// The followers in a PostgreSQL database. Clones share one pool.
///
/// All operations return an error if the database is not reachable, refuses a statement, or lacks the schema.
#[derive(Clone)]
pub struct Followers {
    pool: Pool,
}

impl Followers {
    /// Returns the followers in the database of this pool. Does not connect.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Returns the sequence number up to which a feed was followed, or `None` if it never was.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn sequence(&self, address: &str) -> Result<Option<u64>, Error> {
        let rows = self.query(include_str!("../sql/follower/sequence.sql"), &[&address]).await?;
        Ok(rows.first().and_then(|row| u64::try_from(row.get::<_, i64>(0)).ok()))
    }

    /// Stores the sequence number up to which a feed was followed.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn set_sequence(&self, address: &str, sequence: u64) -> Result<(), Error> {
        let sequence = i64::try_from(sequence).unwrap_or(i64::MAX);
        self.query(include_str!("../sql/follower/set_sequence.sql"), &[&address, &sequence]).await.map(drop)
    }

    /// Returns those of the packages that somebody has starred, watches or has opened.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn interesting(&self, names: &[String]) -> Result<Vec<String>, Error> {
        let rows = self.query(include_str!("../sql/follower/interesting.sql"), &[&names]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    async fn query(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query(&statement, params).await?)
    }
}
