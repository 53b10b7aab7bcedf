//! How much a search reads and returns.

/// The results on a page.
pub(crate) const PAGE: usize = 25;

/// How many matching packages are put in order.
pub(crate) const CANDIDATES: usize = 200;

/// Returns the limit as a parameter of a statement.
pub(crate) fn limit(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
