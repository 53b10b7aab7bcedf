//! Why the content of a file cannot be used.

use std::io;

/// Why a file cannot be parsed.
pub(crate) enum Fault {
    Read(io::Error),
    Line { line: usize, what: String },
}

impl Fault {
    pub(crate) fn at(line: usize, what: impl Into<String>) -> Self {
        Self::Line { line, what: what.into() }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        if error.is_io() {
            return Self::Read(error.into());
        }
        let message = error.to_string();
        let what = message.rsplit_once(" at line").map_or(&*message, |(what, _)| what);
        Self::at(error.line(), format!("column {}: {what}", error.column()))
    }
}
