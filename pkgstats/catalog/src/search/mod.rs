//! The search: packages by name and by words, in order, with the reason for each.

mod correction;
mod outcome;
mod text;

use pkgstats_core::name;
use pkgstats_core::near::DidYouMean;
use pkgstats_core::owner::fold;
use pkgstats_core::query::{Form, Query, Terms};
use pkgstats_core::rank::{Reason, name_match};
use serde::Serialize;

use crate::connection::Connection;
use crate::error::Error;
use crate::found::{Found, Hit};
use crate::generation::Generation;
use crate::limits::{CANDIDATES, PAGE, limit};
use crate::lookup::{by_name, by_owner, by_scope};
use crate::meant::meant;
use crate::package_row::PackageRow;
pub use crate::search::correction::Corrected;
pub(crate) use crate::search::correction::correct;
use crate::search::outcome::Outcome;
use crate::search::text::search_text;

/// The results of a search.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchResults {
    /// The query as it was typed.
    pub query: String,
    /// How many packages match. Only the first 200 candidates can be paged through.
    pub total: u64,
    /// Whether `total` is exact. If it is not, it is a lower bound or an estimate.
    pub total_is_exact: bool,
    /// The number of pages that have results.
    pub pages: usize,
    /// A name that the user may have meant.
    pub did_you_mean: Option<DidYouMean>,
    /// The word that was replaced because nothing has all words.
    pub corrected: Option<Corrected>,
    /// This page of the results.
    pub results: Vec<Hit>,
}

/// Returns a page of the results for a query. The first page is 1.
pub(crate) async fn search(connection: &Connection<'_>, query: &Query, page: usize) -> Result<SearchResults, Error> {
    let generation = Generation::read(connection).await?;
    let outcome = match (&query.form, &query.owner, &query.scope) {
        (Form::Owner(user), None, None) => search_user(connection, user).await?,
        (Form::Package(name), ..) => search_name(connection, name).await?,
        (Form::Text(terms), None, None) => search_text(connection, terms.clone()).await?,
        (form, owner, scope) => search_within(connection, form, (owner.as_deref(), scope.as_deref())).await?,
    };
    let did_you_mean = match outcome_name(query) {
        Some(name) => {
            // The results for a corrected word are not what this name found.
            let is_found = outcome.corrected.is_none();
            let downloads = is_found.then(|| downloads_of_name(&outcome.found, &name)).flatten();
            meant(connection, &name, downloads).await?
        }
        None => None,
    };
    let found = outcome.found.len();
    let total = u64::try_from(found).unwrap_or(u64::MAX);
    let skip = page.max(1).saturating_sub(1).saturating_mul(PAGE);
    let results = outcome.found.hits(connection, &generation, (&outcome.terms, query.sort), (skip, PAGE)).await?;
    Ok(SearchResults {
        query: query.raw.clone(),
        total: outcome.estimate.map_or(total, |estimate| estimate.max(total)),
        total_is_exact: outcome.estimate.is_none(),
        pages: found.div_ceil(PAGE),
        did_you_mean,
        corrected: outcome.corrected,
        results,
    })
}

/// Returns the name that is searched for. A search within a scope or an owner has none.
fn outcome_name(query: &Query) -> Option<String> {
    match &query.form {
        Form::Text(terms) if query.scope.is_none() && query.owner.is_none() => terms.name().map(str::to_owned),
        Form::Package(name) => Some(name.clone()),
        _ => None,
    }
}

/// Returns the downloads of the package with this name; if there is none, of the best with its letters or words.
fn downloads_of_name(found: &Found, name: &str) -> Option<u64> {
    let named = || found.iter().filter(|(_, reason)| reason.is_name());
    let downloads = |package: &PackageRow| package.downloads.unwrap_or(0);
    match named().find(|(package, _)| package.name == name) {
        Some((package, _)) => Some(downloads(package)),
        None => named().map(|(package, _)| downloads(package)).max(),
    }
}

/// Returns the packages of a user; if no GitHub account has this name, those of the scope.
async fn search_user(connection: &Connection<'_>, user: &str) -> Result<Outcome, Error> {
    let mut found = Found::default();
    found.add(by_owner(connection, &fold(user), &[], limit(CANDIDATES), 0).await?, |_| Some(Reason::Owner));
    if found.is_empty() {
        found.add(by_scope(connection, user, &[], limit(CANDIDATES)).await?, |_| Some(Reason::Scope));
    }
    Ok(Outcome::of(Terms::of(""), found))
}

async fn search_name(connection: &Connection<'_>, name: &str) -> Result<Outcome, Error> {
    let mut found = Found::default();
    found.add(by_name(connection, &[name.to_owned()]).await?, |_| Some(Reason::ExactName));
    Ok(Outcome::of(Terms::of(name), found))
}

/// Returns the packages of an owner or of a scope that match the text, if there is one.
async fn search_within(
    connection: &Connection<'_>,
    form: &Form,
    (owner, scope): (Option<&str>, Option<&str>),
) -> Result<Outcome, Error> {
    let (terms, owner) = match form {
        Form::Text(terms) => (terms.clone(), owner),
        Form::Owner(user) => (Terms::of(""), owner.or(Some(user))),
        Form::Empty | Form::Package(_) => (Terms::of(""), owner),
    };
    let (packages, listed) = match (owner, scope) {
        (Some(owner), _) => {
            let packages = by_owner(connection, &fold(owner), &terms.words, limit(CANDIDATES), 0).await?;
            (packages, Reason::Owner)
        }
        (None, Some(scope)) => (by_scope(connection, scope, &terms.words, limit(CANDIDATES)).await?, Reason::Scope),
        (None, None) => (Vec::new(), Reason::Scope),
    };
    let mut found = Found::default();
    found.add(packages, |package| {
        let is_in_scope = scope.is_none_or(|scope| name::scope(&package.name) == Some(scope));
        let reason = if terms.words.is_empty() { Some(listed) } else { name_match(&terms, &package.name) };
        reason.filter(|_| is_in_scope)
    });
    Ok(Outcome::of(terms, found))
}
