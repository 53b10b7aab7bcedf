//! What a package's page shows beside its figures.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::handle::{Readings, Result};

/// The facts of the latest version, and of the package. A registry may leave out each of them.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Facts {
    /// The license, as an SPDX expression if it is one.
    pub license: Option<String>,
    /// What an import loads: `ESM`, `CommonJS`, or both.
    pub module_format: Option<String>,
    /// Whether it has types of its own.
    pub has_types: bool,
    /// Requirements, such as `node` to `>=18`.
    pub engines: BTreeMap<String, String>,
    /// The commands that it installs.
    pub commands: Vec<String>,
    /// The web address of the repository.
    pub repository: Option<String>,
    /// Its folder in the repository.
    pub directory: Option<String>,
    /// The web address of the home page.
    pub homepage: Option<String>,
    /// Who wrote it.
    pub author: Option<Person>,
    /// Who may publish it.
    pub maintainers: Vec<Person>,
    /// Tags, such as `latest`, to versions.
    pub tags: BTreeMap<String, String>,
    /// When the latest version was published, in seconds since 1970.
    pub published: Option<i64>,
    /// When the package was created, in seconds since 1970. Without it, the other dates may be those of a mirror.
    pub created: Option<i64>,
    /// The number of versions.
    pub versions: usize,
    /// The number of dependencies.
    pub dependencies: usize,
    /// The size of its files in bytes.
    pub unpacked_size: Option<u64>,
    /// The size of its tarball in bytes.
    pub packed_size: Option<u64>,
    /// The number of its files.
    pub file_count: Option<u64>,
    /// The number of entries of the tarball that were left out: links, and paths that lead out of it.
    pub ignored_entries: usize,
    /// Why the tarball could not be read.
    pub problem: Option<String>,
}

/// A person, without an address of mail.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Person {
    /// The user name at the registry, or the full name.
    pub name: String,
    /// The person's web address.
    pub url: Option<String>,
}

/// The facts as they were stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredFacts {
    /// The facts.
    pub facts: Facts,
    /// When they were read, or last confirmed.
    pub read_at: SystemTime,
    /// The ETag of the registry's answer.
    pub etag: Option<String>,
}

impl Readings {
    /// Returns the facts of a package, or `None` if they were not read.
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error).
    pub async fn facts(&self, name: &str) -> Result<Option<StoredFacts>> {
        let rows = self.query(include_str!("../../sql/readings/facts.sql"), &[&name]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        // What an earlier version of this program wrote is read anew if it cannot be understood.
        let facts = row.get::<_, Option<&str>>(0).and_then(|json| serde_json::from_str(json).ok());
        Ok(facts.map(|facts| StoredFacts { facts, read_at: row.get(1), etag: row.get(2) }))
    }
}
