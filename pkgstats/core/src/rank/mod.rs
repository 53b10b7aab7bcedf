//! The order of search results, and the reason for each.

mod matching;
mod reason;

use std::cmp::Ordering;

use crate::query::{Sort, Terms};
use crate::word::segments;

pub use self::matching::{name_match, suggestion_match};
pub use self::reason::Reason;

/// How much a word of the query weighs, where only some are in the name.
const MATCHING_WORD: f64 = 8.0;

/// How much a word that the name has besides weighs, in doublings of downloads.
const EXTRA_WORD: f64 = 1.5;

/// Types rank below the package that they are of, which rarely has 256 times fewer downloads.
const TYPES: f64 = 8.0;

/// What decides the place of a package among the results.
#[derive(Clone, Copy, Debug, Default)]
pub struct Candidate<'a> {
    /// The name.
    pub name: &'a str,
    /// The downloads, if they are known.
    pub downloads: Option<u64>,
    /// The change of its share of all downloads, if it is known.
    pub change_of_share: Option<f64>,
    /// Whether the package is deprecated, or a security-holding package.
    pub is_obsolete: bool,
}

/// Puts packages in order. Returns the indexes of the candidates.
///
/// Relevance is the reason first, then log₂ of the downloads, less for each word that the name has besides. Deprecated
/// and security-holding packages are the last of their reason.
#[must_use]
pub fn order(terms: &Terms, sort: Sort, candidates: &[(Candidate<'_>, Reason)]) -> Vec<usize> {
    let scores: Vec<f64> = candidates.iter().map(|(candidate, _)| score(terms, candidate)).collect();
    let by_relevance = |&one: &usize, &other: &usize| {
        let place = |index: usize| (candidates[index].1, candidates[index].0.is_obsolete);
        place(one).cmp(&place(other)).then(scores[other].total_cmp(&scores[one]))
    };
    let by_downloads = |&one: &usize, &other: &usize| candidates[other].0.downloads.cmp(&candidates[one].0.downloads);
    let by_growth = |&one: &usize, &other: &usize| {
        let change = |index: usize| candidates[index].0.change_of_share.unwrap_or(f64::NEG_INFINITY);
        change(other).total_cmp(&change(one))
    };
    let by_name = |&one: &usize, &other: &usize| candidates[one].0.name.cmp(candidates[other].0.name);
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by(|one, other| {
        let first = match sort {
            Sort::Relevance => by_relevance(one, other),
            Sort::Downloads => Ordering::Equal,
            Sort::Growth => by_growth(one, other),
            Sort::Name => by_name(one, other),
        };
        first.then_with(|| by_downloads(one, other)).then_with(|| by_name(one, other))
    });
    order
}

#[expect(clippy::cast_precision_loss, reason = "the logarithm needs a few digits")]
fn score(terms: &Terms, candidate: &Candidate<'_>) -> f64 {
    let (matching, extra): (Vec<_>, Vec<_>) =
        segments(candidate.name).into_iter().partition(|segment| terms.words.contains(segment));
    let types = if candidate.name.starts_with("@types/") { TYPES } else { 0.0 };
    (candidate.downloads.unwrap_or(0) as f64 + 1.0).log2() + MATCHING_WORD * matching.len() as f64
        - EXTRA_WORD * extra.len() as f64
        - types
}

#[cfg(test)]
mod tests;
