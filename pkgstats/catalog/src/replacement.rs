//! What to use instead of a package, as the project module-replacements recommends.

use serde::Serialize;

use crate::connection::Connection;
use crate::error::Error;
use crate::statements::REPLACEMENT;

/// A recommendation to use something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replacement {
    /// What is recommended.
    pub kind: ReplacementKind,
    /// What to use: functions of the platform, or packages.
    pub instead: Vec<String>,
    /// How to do without the package.
    pub description: Option<String>,
    /// The address of the documentation.
    pub url: Option<String>,
}

/// What is recommended instead of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ReplacementKind {
    /// The platform has it built in.
    Native,
    /// A few lines of code do.
    Simple,
    /// Another package.
    Documented,
    /// Nothing: the package can be removed.
    Removal,
}

impl ReplacementKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Simple => "simple",
            Self::Documented => "documented",
            Self::Removal => "removal",
        }
    }

    pub(crate) fn of(text: &str) -> Option<Self> {
        let kinds = [Self::Native, Self::Simple, Self::Documented, Self::Removal];
        kinds.into_iter().find(|kind| kind.name() == text)
    }
}

impl Replacement {
    pub(crate) async fn of(connection: &Connection<'_>, name: &str) -> Result<Option<Self>, Error> {
        let rows = connection.query(REPLACEMENT, &[&name]).await?;
        let replacement = rows.first().and_then(|row| {
            Some(Self {
                kind: ReplacementKind::of(row.get(0))?,
                instead: row.get(1),
                description: row.get(2),
                url: row.get(3),
            })
        });
        Ok(replacement)
    }
}
