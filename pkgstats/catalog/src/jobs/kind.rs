//! What a job reads.

use std::fmt;

/// What a job reads of a package.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum JobKind {
    /// Its packument and its latest tarball.
    Details,
    /// Its daily downloads.
    Downloads,
}

impl JobKind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Details => "details",
            Self::Downloads => "downloads",
        }
    }
}

impl fmt::Display for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
