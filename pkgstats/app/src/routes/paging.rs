//! The number of a page in an address.

use serde::Deserialize;

/// How many packages a page has.
pub(crate) const PAGE: usize = 25;

/// The query of an address that has several pages.
#[derive(Deserialize)]
pub(crate) struct Paging {
    page: Option<usize>,
}

impl Paging {
    /// Returns the number of the page, from 1.
    pub(crate) fn number(&self) -> usize {
        self.page.unwrap_or(1).max(1)
    }
}
