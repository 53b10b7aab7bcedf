//! Results of a search, of an owner and of a list.

use askama::Template;

use super::frame::Frame;
use super::rows::Row;

/// Results of a search.
#[derive(Template)]
#[template(path = "search.html")]
pub(crate) struct Search {
    pub(crate) frame: Frame,
    pub(crate) total: String,
    pub(crate) total_is_exact: bool,
    /// A name that the visitor may have meant, and how many times as many downloads it has.
    pub(crate) did_you_mean: Option<(String, String)>,
    /// The word that was replaced, and the one in its place.
    pub(crate) corrected: Option<(String, String)>,
    pub(crate) sort: &'static str,
    pub(crate) rows: Vec<Row>,
    pub(crate) pages: Pages,
}

/// The packages of an owner.
#[derive(Template)]
#[template(path = "owner.html")]
pub(crate) struct OwnerPage {
    pub(crate) frame: Frame,
    pub(crate) owner: String,
    pub(crate) packages: String,
    pub(crate) downloads: String,
    pub(crate) rows: Vec<Row>,
    pub(crate) pages: Pages,
}

/// A list of packages.
#[derive(Template)]
#[template(path = "list.html")]
pub(crate) struct List {
    pub(crate) frame: Frame,
    pub(crate) title: &'static str,
    pub(crate) explanation: &'static str,
    pub(crate) measured: Option<String>,
    pub(crate) rows: Vec<Row>,
    pub(crate) pages: Pages,
}

/// The pages before and after this one.
pub(crate) struct Pages {
    pub(crate) page: usize,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

impl Pages {
    /// `address` has everything but the number of the page.
    pub(crate) fn new(page: usize, has_more: bool, address: &str) -> Self {
        let to = |page: usize| format!("{address}page={page}");
        Self { page, before: (page > 1).then(|| to(page - 1)), after: has_more.then(|| to(page + 1)) }
    }
}

/// The ways to sort results, with their names.
pub(crate) const SORTS: [(&str, &str); 4] =
    [("relevance", "Best match"), ("downloads", "Downloads"), ("growth", "Growth"), ("name", "Name")];

impl Search {
    pub(crate) fn sorts(&self) -> [(&'static str, &'static str); 4] {
        SORTS
    }
}
