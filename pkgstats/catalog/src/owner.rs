//! The packages of a GitHub account.

use pkgstats_core::owner::{fold, github_owner};
use pkgstats_core::query::{Sort, Terms};
use pkgstats_core::rank::Reason;
use serde::Serialize;

use crate::connection::Connection;
use crate::error::Error;
use crate::found::{Found, Hit};
use crate::generation::Generation;
use crate::limits::{PAGE, limit};
use crate::lookup::by_owner;
use crate::statements::OWNER;

/// The packages whose repositories a GitHub account owns.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Owner {
    /// The account, as its most popular package spells it.
    pub owner: String,
    /// The number of its packages.
    pub packages: u64,
    /// The sum of their downloads.
    pub downloads: u64,
    /// This page of its packages, the most popular first.
    pub results: Vec<Hit>,
}

/// Returns a page of the packages of an account, or `None` if it owns none. The first page is 1.
pub(crate) async fn owner(connection: &Connection<'_>, account: &str, page: usize) -> Result<Option<Owner>, Error> {
    if account.contains('\0') {
        return Ok(None);
    }
    let generation = Generation::read(connection).await?;
    let folded = fold(account);
    let skip = page.max(1).saturating_sub(1).saturating_mul(PAGE);
    let rows = connection.query(OWNER, &[&folded]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let packages = by_owner(connection, &folded, &[], limit(PAGE), limit(skip)).await?;
    let spelled = packages.iter().find_map(|package| github_owner(package.repository.as_deref()?));
    let spelled = spelled.unwrap_or(account).to_owned();
    let mut found = Found::default();
    found.add(packages, |_| Some(Reason::Owner));
    Ok(Some(Owner {
        owner: spelled,
        packages: row.get::<_, i64>(0).unsigned_abs(),
        downloads: row.get::<_, i64>(1).unsigned_abs(),
        results: found.hits(connection, &generation, (&Terms::of(""), Sort::Downloads), (0, PAGE)).await?,
    }))
}
