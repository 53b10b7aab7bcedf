//! One error type, whose kind says what can be done.

use std::error::Error as StdError;
use std::time::Duration;

/// The result of every operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be read. The message says what to do, and contains no credentials.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
    retry_after: Option<Duration>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What went wrong, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The registry does not have it.
    NotFound,
    /// The registry, or a firewall before it, does not hand it out.
    Refused,
    /// Too many requests: the registry wants a pause.
    RateLimited,
    /// It exceeds a bound.
    TooLarge,
    /// What was read makes no sense.
    Broken,
    /// No connection, or an error of the server.
    Unreachable,
    /// A timeout.
    Slow,
    /// A name, an address or an option is invalid.
    Invalid,
}

impl Error {
    /// Returns what went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind, ErrorKind::RateLimited | ErrorKind::Unreachable | ErrorKind::Slow)
    }

    /// Returns the pause that the server asked for, if it did.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retry_after: None, source: None }
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.retry_after = retry_after;
        self
    }

    pub(crate) fn broken(what: &str, why: impl std::fmt::Display) -> Self {
        Self::new(
            ErrorKind::Broken,
            format!("{what} cannot be read: {why}; it may be damaged: try again later, or another version"),
        )
    }

    pub(crate) fn too_large(what: &str, limit: impl std::fmt::Display) -> Self {
        Self::new(ErrorKind::TooLarge, format!("{what} exceeds {limit}: raise the limit to read it"))
    }
}
