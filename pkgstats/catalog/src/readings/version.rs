//! The versions of a package.

use std::time::SystemTime;

use tokio_postgres::Row;

use super::handle::{Readings, Result};

/// What the registry says of a version.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// The version.
    pub version: String,
    /// When it was published.
    pub published: Option<SystemTime>,
    /// Why it is deprecated. Empty if no reason is given.
    pub deprecated: Option<String>,
    /// The license.
    pub license: Option<String>,
    /// What an import loads, as far as its manifest shows.
    pub module_format: Option<String>,
    /// Whether its manifest declares types.
    pub has_types: bool,
    /// The versions of Node that it needs.
    pub node: Option<String>,
    /// The size of its files in bytes.
    pub unpacked_size: Option<i64>,
    /// The number of its files.
    pub file_count: Option<i64>,
    /// The number of its dependencies.
    pub dependencies: i32,
}

impl Version {
    fn of(row: &Row) -> Self {
        Self {
            version: row.get(0),
            published: row.get(1),
            deprecated: row.get(2),
            license: row.get(3),
            module_format: row.get(4),
            has_types: row.get(5),
            node: row.get(6),
            unpacked_size: row.get(7),
            file_count: row.get(8),
            dependencies: row.get(9),
        }
    }
}

impl Readings {
    /// Returns the versions of a package, the latest first: at most `limit` of them, after `offset` others.
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error).
    pub async fn versions(&self, name: &str, limit: i64, offset: i64) -> Result<Vec<Version>> {
        let sql = include_str!("../../sql/readings/versions.sql");
        Ok(self.query(sql, &[&name, &limit, &offset]).await?.iter().map(Version::of).collect())
    }

    /// Returns how many versions a package has.
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error).
    pub async fn count_versions(&self, name: &str) -> Result<i64> {
        self.count(include_str!("../../sql/readings/count_versions.sql"), name).await
    }

    /// Returns a version, or `None` if the package has none of this name.
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error).
    pub async fn version(&self, name: &str, version: &str) -> Result<Option<Version>> {
        let rows = self.query(include_str!("../../sql/readings/version.sql"), &[&name, &version]).await?;
        Ok(rows.first().map(Version::of))
    }
}
