//! What can go wrong with the catalogue.

use std::io;
use std::path::PathBuf;

/// An operation on the catalogue failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The pool has no connection.
    #[error("cannot connect to PostgreSQL: {0}; check that it is running, and its address")]
    Connect(#[from] deadpool_postgres::PoolError),

    /// PostgreSQL reported an error.
    #[error("PostgreSQL failed: {}", postgres_message(.0))]
    Postgres(#[from] tokio_postgres::Error),

    /// The schema is missing.
    #[error("the schema pkgstats does not exist, or is older than this program; run `pkgstats migrate`")]
    NotMigrated,

    /// The schema is of a later version.
    #[error("the schema pkgstats is at version {found}, and this program knows {known}; update the program")]
    TooNew {
        /// The version in the database.
        found: i32,
        /// The version of this program.
        known: i32,
    },

    /// Another import holds the lock.
    #[error("another import is running; wait until it ends")]
    ImportRunning,

    /// The new catalogue could not replace the old one.
    #[error(
        "the import could not lock the tables in {seconds} s; end the queries that run for so long, and import again"
    )]
    Busy {
        /// How long it was tried.
        seconds: u64,
    },

    /// A file cannot be read.
    #[error("cannot read {path}: {source}", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },

    /// A file has other content than its kind.
    #[error("{path}: {place}line {line}: {what}; nothing was imported", path = .path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// The file inside the archive, followed by a comma, or nothing.
        place: String,
        /// The number of the line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },

    /// An archive lacks the file with the data.
    #[error("{path} has no {member}; is it an archive of {kind}?", path = .path.display())]
    NoMember {
        /// The archive.
        path: PathBuf,
        /// The missing file.
        member: &'static str,
        /// The kind that was expected.
        kind: &'static str,
    },

    /// Download counts do not say when they were measured.
    #[error("{path} does not say when the downloads were measured; import the .tgz, or name the month", path = .path.display())]
    NoMonth {
        /// The file.
        path: PathBuf,
    },

    /// npm cannot fetch a release.
    #[error("cannot fetch {release} with npm: {what}; check that npm is installed, and its registry")]
    Fetch {
        /// The name and the version.
        release: String,
        /// The cause.
        what: String,
    },

    /// A background task panicked or was cancelled.
    #[error("the import stopped: {0}")]
    Task(#[from] tokio::task::JoinError),
}

/// The message of `tokio_postgres::Error` is only "db error": the cause is in its source.
fn postgres_message(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => {
            let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
            format!("{}{detail} (SQLSTATE {})", error.message(), error.code().code())
        }
        None => match std::error::Error::source(error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}

impl Error {
    /// Returns whether PostgreSQL reported this SQLSTATE.
    pub(crate) fn is_sql_state(&self, state: &tokio_postgres::error::SqlState) -> bool {
        matches!(self, Self::Postgres(error) if error.code() == Some(state))
    }
}
