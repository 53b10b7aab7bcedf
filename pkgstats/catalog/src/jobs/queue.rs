//! The queue: one job of a kind for each package, taken by one worker at a time.

use std::time::{Duration, SystemTime};

use deadpool_postgres::Pool;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::kind::JobKind;
use crate::error::Error;

/// The most jobs of a kind that wait. Crawlers open pages faster than a registry can be read.
const MOST: i64 = 20_000;

/// A job that a worker has neither done nor failed after so long is taken by another.
const LEASE: Duration = Duration::from_secs(600);

/// When a job is taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Urgency {
    /// After urgent ones.
    Usual,
    /// Before the others: somebody waits for it.
    Urgent,
}

/// The state of a job that waits or is under way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JobState {
    /// Why the last attempt failed.
    pub problem: Option<String>,
    /// When it may be taken, or taken again.
    pub due: SystemTime,
}

/// How many jobs of a kind there are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WaitingJobs {
    /// The kind's name.
    pub kind: String,
    /// All jobs, also those that are under way.
    pub waiting: i64,
    /// Those whose last attempt failed.
    pub failed: i64,
}

/// The jobs in a PostgreSQL database. Clones share one pool.
///
/// All operations return an error if the database is not reachable, refuses a statement, or lacks the schema.
#[derive(Clone)]
pub struct Jobs {
    pool: Pool,
}

impl Jobs {
    /// Returns the jobs in the database of this pool. Does not connect.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Adds jobs. What waits already is not added again, but becomes urgent; after a failure, it waits for its time all the
    /// same. Adds nothing while 20,000 jobs of the kind wait.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn add(&self, kind: JobKind, names: &[String], urgency: Urgency) -> Result<(), Error> {
        let is_urgent = urgency == Urgency::Urgent;
        self.query(include_str!("../../sql/jobs/add.sql"), &[&kind.as_str(), &names, &is_urgent, &MOST]).await.map(drop)
    }

    /// Takes up to `most` jobs, urgent ones first, and returns their names. They come back after ten minutes, unless they are
    /// [done](Self::done) or have [failed](Self::failed).
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn take(&self, kind: JobKind, most: i64) -> Result<Vec<String>, Error> {
        let lease = LEASE.as_secs_f64();
        let rows = self.query(include_str!("../../sql/jobs/take.sql"), &[&kind.as_str(), &most, &lease]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Removes jobs that are done.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn done(&self, kind: JobKind, names: &[String]) -> Result<(), Error> {
        self.query(include_str!("../../sql/jobs/done.sql"), &[&kind.as_str(), &names]).await.map(drop)
    }

    /// Gives back jobs that were taken and not begun.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn release(&self, kind: JobKind, names: &[String]) -> Result<(), Error> {
        self.query(include_str!("../../sql/jobs/release.sql"), &[&kind.as_str(), &names]).await.map(drop)
    }

    /// Postpones jobs that have failed: by half a minute after the first attempt, twice as long after each, up to a day; and
    /// at least by `pause`.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn failed(
        &self,
        kind: JobKind,
        names: &[String],
        problem: &str,
        pause: Option<Duration>,
    ) -> Result<(), Error> {
        let (problem, pause) = (problem.replace('\0', ""), pause.unwrap_or_default().as_secs_f64());
        let params: [&(dyn ToSql + Sync); 4] = [&kind.as_str(), &names, &problem, &pause];
        self.query(include_str!("../../sql/jobs/failed.sql"), &params).await.map(drop)
    }

    /// Returns the state of a job, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn state(&self, kind: JobKind, name: &str) -> Result<Option<JobState>, Error> {
        let rows = self.query(include_str!("../../sql/jobs/state.sql"), &[&kind.as_str(), &name]).await?;
        Ok(rows.first().map(|row| JobState { problem: row.get(0), due: row.get(1) }))
    }

    /// Returns which of these jobs there still are, each with the problem of the last attempt.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn pending(&self, kind: JobKind, names: &[String]) -> Result<Vec<(String, Option<String>)>, Error> {
        let rows = self.query(include_str!("../../sql/jobs/pending.sql"), &[&kind.as_str(), &names]).await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Counts the jobs of each kind.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn waiting(&self) -> Result<Vec<WaitingJobs>, Error> {
        let rows = self.query(include_str!("../../sql/jobs/waiting.sql"), &[]).await?;
        let count = |row: &Row| WaitingJobs { kind: row.get(0), waiting: row.get(1), failed: row.get(2) };
        Ok(rows.iter().map(count).collect())
    }

    async fn query(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query(&statement, params).await?)
    }
}
