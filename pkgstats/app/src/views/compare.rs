//! Packages side by side.

use askama::Template;

use super::frame::Frame;

#[derive(Template)]
#[template(path = "compare.html")]
pub(crate) struct Compare {
    pub(crate) frame: Frame,
    pub(crate) names: Vec<String>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) missing: Vec<String>,
}

/// A fact about each of the packages.
pub(crate) struct Fact {
    pub(crate) name: &'static str,
    pub(crate) is_number: bool,
    pub(crate) values: Vec<Option<String>>,
}

impl Fact {
    /// Returns whether the packages differ in it.
    pub(crate) fn differs(&self) -> bool {
        self.values.windows(2).any(|pair| pair[0] != pair[1])
    }
}
