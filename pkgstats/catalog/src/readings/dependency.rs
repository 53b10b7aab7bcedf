//! What packages depend on, and what depends on them.

use std::fmt;

use super::handle::{Readings, Result};

/// How a package depends on another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DependencyKind {
    /// It is installed, too.
    Runtime,
    /// The application installs it.
    Peer,
    /// It is installed where that succeeds.
    Optional,
    /// It is for the package's own development.
    Development,
}

impl DependencyKind {
    const ALL: [Self; 4] = [Self::Runtime, Self::Peer, Self::Optional, Self::Development];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Runtime => "runtime",
            Self::Peer => "peer",
            Self::Optional => "optional",
            Self::Development => "development",
        }
    }

    fn of(text: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).unwrap_or(Self::Runtime)
    }
}

impl fmt::Display for DependencyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A package that the latest version depends on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Dependency {
    /// How it depends on it.
    pub kind: DependencyKind,
    /// The name of the other package.
    pub name: String,
    /// The versions that it accepts, such as `^1.0.0`.
    pub range: String,
}

/// A package whose latest version depends on another.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Dependent {
    /// Its name.
    pub name: String,
    /// How it depends on the other.
    pub kind: DependencyKind,
    /// The versions that it accepts.
    pub range: String,
}

impl Readings {
    /// Returns what the latest version of a package depends on.
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error).
    pub async fn dependencies(&self, name: &str) -> Result<Vec<Dependency>> {
        let rows = self.query(include_str!("../../sql/readings/dependencies.sql"), &[&name]).await?;
        let dependency = |row: &tokio_postgres::Row| Dependency {
            kind: DependencyKind::of(row.get(0)),
            name: row.get(1),
            range: row.get(2),
        };
        Ok(rows.iter().map(dependency).collect())
    }

    /// Returns the packages that depend on one, among those that were read, in the order of their names: at most `limit` of
    /// them, after `offset` others.
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error).
    pub async fn dependents(&self, name: &str, limit: i64, offset: i64) -> Result<Vec<Dependent>> {
        let rows = self.query(include_str!("../../sql/readings/dependents.sql"), &[&name, &limit, &offset]).await?;
        let dependent = |row: &tokio_postgres::Row| Dependent {
            name: row.get(0),
            kind: DependencyKind::of(row.get(1)),
            range: row.get(2),
        };
        Ok(rows.iter().map(dependent).collect())
    }

    /// Returns how many packages depend on one, among those that were read.
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error).
    pub async fn count_dependents(&self, name: &str) -> Result<i64> {
        self.count(include_str!("../../sql/readings/count_dependents.sql"), name).await
    }
}
