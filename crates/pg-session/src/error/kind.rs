//! The kinds of errors.

use std::fmt;

/// What went wrong, in a word. See [`Error::kind`](crate::Error::kind).
///
/// ```
/// use pg_session::{ErrorKind, PgStore};
///
/// let error = PgStore::new("postgres://localhost/app?sslmod=require").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Configuration);
/// assert_eq!(error.kind().to_string(), "configuration");
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An option or the connection string is invalid, or PostgreSQL rejects its role, password or database.
    Configuration,
    /// The table is missing or does not fit, or the role lacks a privilege.
    Setup,
    /// An argument cannot be stored: an empty id, data that is not JSON, a time to live out of its range.
    InvalidInput,
    /// The data is over `max_size`.
    TooLarge,
    /// PostgreSQL cannot be reached, is shutting down, accepts no writes, or did not answer in time.
    Unavailable,
    /// The queue is full: more calls, or more bytes, wait than `max_waiting` and `max_waiting_bytes` allow.
    Overloaded,
    /// Other calls kept changing the session until an update timed out.
    Conflict,
    /// PostgreSQL refused a statement for another reason: see [`Error::sqlstate`](crate::Error::sqlstate).
    Database,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Configuration => "configuration",
            Self::Setup => "setup",
            Self::InvalidInput => "invalid input",
            Self::TooLarge => "too large",
            Self::Unavailable => "unavailable",
            Self::Overloaded => "overloaded",
            Self::Conflict => "conflict",
            Self::Database => "database",
        })
    }
}
