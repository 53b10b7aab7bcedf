//! JSON errors without the data that they quote.

use std::fmt;

use serde_json::error::Category;

use crate::merge::Unreadable;

/// A JSON error reduced to its category and place: its own text may quote the data.
#[derive(Debug)]
pub(crate) struct RedactedJsonError {
    category: Category,
    line: usize,
    column: usize,
    /// What `serde_json` cannot read and was replaced before reading.
    replaced: Option<Unreadable>,
}

impl RedactedJsonError {
    pub(crate) fn new(error: &serde_json::Error, replaced: Option<Unreadable>) -> Self {
        Self { category: error.classify(), line: error.line(), column: error.column(), replaced }
    }
}

impl From<serde_json::Error> for RedactedJsonError {
    fn from(error: serde_json::Error) -> Self {
        Self::new(&error, None)
    }
}

impl fmt::Display for RedactedJsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} error at line {} column {}", self.category, self.line, self.column)?;
        self.replaced.map_or(Ok(()), |trouble| write!(f, "; the data has {trouble}"))
    }
}

impl std::error::Error for RedactedJsonError {}
