//! The packages that rise and fall, the new ones, and the most popular ones.

use std::fmt;
use std::str::FromStr;

use pkgstats_core::figure::Figure;
use serde::Serialize;

use crate::connection::Connection;
use crate::error::Error;
use crate::generation::Generation;
use crate::limits::{PAGE, limit};
use crate::package_row::PackageRow;
use crate::statements::{PACKAGES_BY_RANK, PACKAGES_OF_LIST};

/// A list of packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ListKind {
    /// Those whose share grew the most. They have 100,000 downloads, and had 10,000.
    Rising,
    /// Those whose share shrank the most. They had 100,000 downloads.
    Falling,
    /// The most popular ones that had no figure in the previous measurement.
    New,
    /// The most popular ones.
    Top,
}

/// A package in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ListEntry {
    /// Its name.
    pub name: String,
    /// Its downloads.
    pub figure: Option<Figure>,
    /// Its downloads in the previous measurement.
    pub previous: Option<Figure>,
    /// The relative change of its share of all downloads.
    pub change_of_share: Option<f64>,
}

/// A text is not the name of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownListError(String);

/// Returns a page of a list. The first page is 1.
pub(crate) async fn list(connection: &Connection<'_>, kind: ListKind, page: usize) -> Result<Vec<ListEntry>, Error> {
    let generation = Generation::read(connection).await?;
    let after = limit(page.max(1).saturating_sub(1).saturating_mul(PAGE));
    let until = after.saturating_add(limit(PAGE));
    let rows = match kind {
        ListKind::Top => {
            let id = |position: i64| i32::try_from(position).unwrap_or(i32::MAX);
            connection.query(PACKAGES_BY_RANK, &[&id(after), &id(until)]).await?
        }
        _ => connection.query(PACKAGES_OF_LIST, &[&kind.name(), &after, &until]).await?,
    };
    let entry = |package: PackageRow| ListEntry {
        figure: package.figure(&generation),
        previous: package.previous_figure(&generation),
        change_of_share: package.change_of_share(&generation),
        name: package.name,
    };
    Ok(PackageRow::all(&rows).into_iter().map(entry).collect())
}

impl ListKind {
    /// Returns the name of the list in addresses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rising => "rising",
            Self::Falling => "falling",
            Self::New => "new",
            Self::Top => "top",
        }
    }
}

impl FromStr for ListKind {
    type Err = UnknownListError;

    fn from_str(text: &str) -> Result<Self, UnknownListError> {
        let kinds = [Self::Rising, Self::Falling, Self::New, Self::Top];
        let found = kinds.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| UnknownListError(text.chars().take(20).collect()))
    }
}

impl fmt::Display for UnknownListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown list `{}`; use rising, falling, new or top", self.0)
    }
}

impl std::error::Error for UnknownListError {}
