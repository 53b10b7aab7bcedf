//! All that one reading of a package found.

use super::dependency::Dependency;
use super::facts::Facts;
use super::readme::Contents;
use super::version::Version;
use crate::details::Details;

/// All that one reading of a package found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// What searches use.
    pub details: Details,
    /// What its page shows.
    pub facts: Facts,
    /// The ETag of the registry's answer.
    pub etag: Option<String>,
    /// All versions, the oldest first.
    pub versions: Vec<Version>,
    /// What the latest version depends on.
    pub dependencies: Vec<Dependency>,
    /// What its tarball contains. `None` if that could not be read: what is stored of it stays.
    pub contents: Option<Contents>,
}
