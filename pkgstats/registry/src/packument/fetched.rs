//! Something read from a registry, unless it has not changed.

use std::time::Duration;

/// What was read, if it has changed.
#[derive(Clone, Debug, PartialEq)]
pub enum Fetched<T> {
    /// Nothing has changed since the ETag that was sent.
    NotModified,
    /// What was read.
    New {
        /// The value.
        value: T,
        /// The ETag to send next time, if the registry has one.
        etag: Option<String>,
        /// How old the answer is, if a cache or a folder says so.
        age: Option<Duration>,
    },
}

impl<T> Fetched<T> {
    /// Returns the value, if it has changed.
    #[must_use]
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::NotModified => None,
            Self::New { value, .. } => Some(value),
        }
    }
}
