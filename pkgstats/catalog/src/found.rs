//! The packages that were found, with the reason for each.

use std::collections::HashSet;

use pkgstats_core::figure::Figure;
use pkgstats_core::query::{Sort, Terms};
use pkgstats_core::rank::{Candidate, Reason, order};
use serde::Serialize;

use crate::connection::Connection;
use crate::details;
use crate::error::Error;
use crate::generation::Generation;
use crate::package_row::PackageRow;

/// A result of a search.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hit {
    /// The name of the package.
    pub name: String,
    /// The latest version, if its details were read.
    pub version: Option<String>,
    /// The description, if its details were read.
    pub description: Option<String>,
    /// Why it is a result.
    pub reason: Reason,
    /// Its downloads. `None` if there is no figure yet.
    pub figure: Option<Figure>,
    /// The relative change of its share of all downloads.
    pub change_of_share: Option<f64>,
    /// What is special about it.
    pub flags: Vec<Flag>,
}

/// What is special about a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Flag {
    /// npm holds the name for security reasons. The package has no content.
    Holding,
    /// Its latest version is deprecated.
    Deprecated,
    /// It contains only types of another package.
    Types,
}

/// Packages without repetitions.
#[derive(Default)]
pub(crate) struct Found {
    packages: Vec<(PackageRow, Reason)>,
    ids: HashSet<i32>,
}

impl Found {
    /// Adds the packages for which there is a reason.
    pub(crate) fn add(&mut self, packages: Vec<PackageRow>, reason: impl Fn(&PackageRow) -> Option<Reason>) {
        for package in packages {
            if let Some(reason) = reason(&package)
                && self.ids.insert(package.id)
            {
                self.packages.push((package, reason));
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.packages.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.packages.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(PackageRow, Reason)> {
        self.packages.iter()
    }

    /// Puts the packages in order, skips some, and returns the results for the next ones.
    pub(crate) async fn hits(
        self,
        connection: &Connection<'_>,
        generation: &Generation,
        (terms, sort): (&Terms, Sort),
        (skip, take): (usize, usize),
    ) -> Result<Vec<Hit>, Error> {
        let names: Vec<String> = self.packages.iter().map(|(package, _)| package.name.clone()).collect();
        let mut details = details::of(connection, &names).await?;
        let candidates: Vec<_> = self
            .packages
            .iter()
            .map(|(package, reason)| {
                let is_deprecated = details.get(&package.name).is_some_and(|details| details.deprecated.is_some());
                let candidate = Candidate {
                    name: &package.name,
                    downloads: package.downloads,
                    change_of_share: package.change_of_share(generation),
                    is_obsolete: package.is_holding || is_deprecated,
                };
                (candidate, *reason)
            })
            .collect();
        let page = order(terms, sort, &candidates).into_iter().skip(skip).take(take);
        let hit = |index: usize| {
            let (package, reason) = &self.packages[index];
            let details = details.remove(&package.name).unwrap_or_default();
            let flags = [
                (package.is_holding, Flag::Holding),
                (details.deprecated.is_some(), Flag::Deprecated),
                (package.name.starts_with("@types/"), Flag::Types),
            ];
            Hit {
                name: package.name.clone(),
                version: details.version,
                description: details.description,
                reason: *reason,
                figure: package.figure(generation),
                change_of_share: package.change_of_share(generation),
                flags: flags.into_iter().filter_map(|(is_set, flag)| is_set.then_some(flag)).collect(),
            }
        };
        Ok(page.map(hit).collect())
    }
}
