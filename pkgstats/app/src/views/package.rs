//! The page of a package.

use askama::Template;
use pkgstats_catalog::Package;
use pkgstats_core::figure::Figure;

use super::frame::Frame;
use super::numbers::{Change, grouped};

/// A package with its figures.
#[derive(Template)]
#[template(path = "package.html")]
pub(crate) struct PackagePage {
    pub(crate) frame: Frame,
    pub(crate) package: Package,
    pub(crate) is_starred: bool,
    pub(crate) is_watched: bool,
}

/// No package has this name.
#[derive(Template)]
#[template(path = "no_package.html")]
pub(crate) struct NoPackage {
    pub(crate) frame: Frame,
    pub(crate) name: String,
    pub(crate) near: Vec<String>,
}

impl PackagePage {
    fn number(&self, figure: &Figure) -> String {
        grouped(figure.downloads)
    }

    fn grouped(&self, number: &u32) -> String {
        grouped(u64::from(*number))
    }

    fn share(&self, figure: &Figure) -> Option<String> {
        figure.share.map(|share| format!("{:.3}\u{a0}%", share * 100.0))
    }

    fn change(&self) -> Option<Change> {
        self.package.change_of_share.map(Change::of)
    }

    /// Returns the address of the repository, if it is one of the web.
    fn repository(&self) -> Option<String> {
        let repository = self.package.repository.as_deref()?;
        let address = repository.strip_prefix("git+").unwrap_or(repository);
        let address = address.strip_suffix(".git").unwrap_or(address);
        address.starts_with("https://").then(|| address.to_owned())
    }
}
