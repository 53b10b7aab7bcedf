//! What the catalogue knows of one package.

use pkgstats_core::figure::Figure;
use pkgstats_core::name::types_package;
use pkgstats_core::near::DidYouMean;
use pkgstats_core::owner::github_owner;
use pkgstats_core::query::{Sort, Terms};
use pkgstats_core::rank::Reason;
use serde::Serialize;

use crate::connection::Connection;
use crate::details::{self, Details};
use crate::error::Error;
use crate::found::{Found, Hit};
use crate::generation::Generation;
use crate::lookup::by_name;
use crate::meant::meant;
use crate::replacement::Replacement;
use crate::statements::TYPES;

/// A package with its figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Package {
    /// The name.
    pub name: String,
    /// Its downloads. `None` if there is no figure yet.
    pub figure: Option<Figure>,
    /// Its downloads in the previous measurement.
    pub previous: Option<Figure>,
    /// The relative change of its share of all downloads.
    pub change_of_share: Option<f64>,
    /// One more than the number of packages with more downloads.
    pub rank: Option<u32>,
    /// How many packages have this rank, this one included.
    pub rank_shared_by: Option<u32>,
    /// The position by the number of packages that depend on it, if it is one of the first few thousand.
    pub rank_by_dependents: Option<u32>,
    /// The address of the repository.
    pub repository: Option<String>,
    /// The GitHub account that owns the repository.
    pub owner: Option<String>,
    /// Whether npm holds the name for security reasons.
    pub holding: bool,
    /// The `@types` package with its types, if there is one.
    pub types: Option<String>,
    /// A far more popular package whose name is easily mistaken for this one.
    pub look_alike: Option<DidYouMean>,
    /// What to use instead.
    pub replacement: Option<Replacement>,
    /// What was read of it from the registry. JSON leaves it to [`readings`](crate::readings), which know more.
    #[serde(skip)]
    pub detail: Option<Details>,
}

/// Returns a package, or `None` if the catalogue has none of this name.
pub(crate) async fn package(connection: &Connection<'_>, name: &str) -> Result<Option<Package>, Error> {
    let generation = Generation::read(connection).await?;
    let names = [name.to_owned()];
    let Some(row) = by_name(connection, &names).await?.pop() else { return Ok(None) };
    let (look_alike, replacement, types, mut details) = tokio::try_join!(
        meant(connection, name, Some(row.downloads.unwrap_or(0))),
        Replacement::of(connection, name),
        has_types(connection, name),
        details::of(connection, &names)
    )?;
    Ok(Some(Package {
        figure: row.figure(&generation),
        previous: row.previous_figure(&generation),
        change_of_share: row.change_of_share(&generation),
        rank: row.standing.map(|standing| standing.rank),
        rank_shared_by: row.standing.map(|standing| standing.shared_by),
        rank_by_dependents: row.dependents,
        owner: row.repository.as_deref().and_then(github_owner).map(str::to_owned),
        holding: row.is_holding,
        types: types.then(|| types_package(name)),
        look_alike,
        replacement,
        detail: details.remove(name),
        repository: row.repository,
        name: row.name,
    }))
}

async fn has_types(connection: &Connection<'_>, name: &str) -> Result<bool, Error> {
    Ok(!connection.query(TYPES, &[&name]).await?.is_empty())
}

/// Returns packages of these names in this order, without those that do not exist.
pub(crate) async fn packages(connection: &Connection<'_>, names: &[String]) -> Result<Vec<Hit>, Error> {
    let generation = Generation::read(connection).await?;
    let mut found = Found::default();
    found.add(by_name(connection, names).await?, |_| Some(Reason::ExactName));
    let count = found.len();
    let mut hits = found.hits(connection, &generation, (&Terms::of(""), Sort::Name), (0, count)).await?;
    hits.sort_by_key(|hit| names.iter().position(|name| *name == hit.name));
    Ok(hits)
}
