//! The page of a package.

use std::sync::Arc;

use askama::Template;
use pkgstats_catalog::Package;
use pkgstats_catalog::readings::Facts;
use pkgstats_core::figure::Figure;
use pkgstats_core::readme::{Notice, Readme};

use super::head::Head;
use crate::views::chart::ChartView;
use crate::views::frame::Frame;
use crate::views::numbers::{Change, bytes, grouped};
use crate::views::time::date;

/// The most headings of a readme that its contents list.
const MOST_HEADINGS: usize = 60;

/// A package with its figures, its facts and its readme.
#[derive(Template)]
#[template(path = "package/overview.html")]
pub(crate) struct PackagePage {
    pub(crate) frame: Frame,
    pub(crate) head: Head,
    pub(crate) package: Package,
    pub(crate) facts: Option<Facts>,
    pub(crate) readme: Option<Arc<Readme>>,
    pub(crate) chart: Option<ChartView>,
    pub(crate) shows_images: bool,
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
        let percent = figure.share? * 100.0;
        Some(if percent < 0.001 { "under 0.001\u{a0}%".to_owned() } else { format!("{percent:.3}\u{a0}%") })
    }

    fn change(&self) -> Option<Change> {
        self.package.change_of_share.map(Change::of)
    }

    /// Returns what the package is, in a few words each.
    fn labels(&self) -> Vec<String> {
        let Some(facts) = &self.facts else { return Vec::new() };
        let types = match (facts.has_types, &self.package.types) {
            (true, _) => "types included".to_owned(),
            (false, Some(types)) => format!("types in {types}"),
            (false, None) => "no types".to_owned(),
        };
        let node = facts.engines.get("node").map(|range| format!("Node {range}"));
        [facts.license.clone(), facts.module_format.clone(), Some(types), node].into_iter().flatten().collect()
    }

    /// Returns the address of the repository, if it is one of the web.
    fn repository(&self) -> Option<String> {
        if let Some(repository) = self.facts.as_ref().and_then(|facts| facts.repository.clone()) {
            return Some(repository);
        }
        let repository = self.package.repository.as_deref()?;
        let address = repository.strip_prefix("git+").unwrap_or(repository);
        let address = address.strip_suffix(".git").unwrap_or(address);
        address.starts_with("https://").then(|| address.to_owned())
    }

    /// Returns the sizes of the files and of the tarball.
    fn size(&self, facts: &Facts) -> Option<String> {
        let unpacked = bytes(facts.unpacked_size?);
        Some(
            facts
                .packed_size
                .map_or_else(|| unpacked.clone(), |packed| format!("{unpacked}, packed {}", bytes(packed))),
        )
    }

    /// Returns when the latest version was published. Without the date of the package's creation, the registry may have
    /// made up the date itself.
    fn published(&self, facts: &Facts) -> Option<(String, bool)> {
        Some((date(facts.published?)?, facts.created.is_none()))
    }

    /// Returns what is to be said of the readme, if it is not shown as its author meant it.
    fn readme_notice(&self, readme: &Readme) -> Option<&'static str> {
        match readme.notice? {
            Notice::Truncated => Some("The readme is longer than 1 MB. Its end is cut off."),
            Notice::TooComplex => Some("The readme is too complex to be shown with its markup."),
            _ => None,
        }
    }

    /// Returns the headings that the contents list: level, id and text.
    fn contents<'a>(&self, readme: &'a Readme) -> Vec<(u8, &'a str, &'a str)> {
        let top = readme.headings.iter().map(|heading| heading.level).min().unwrap_or(1);
        let listed =
            readme.headings.iter().filter(|heading| heading.level <= top + 1 && !heading.text.trim().is_empty());
        let contents: Vec<_> = listed
            .take(MOST_HEADINGS)
            .map(|heading| (heading.level - top, heading.id.as_str(), heading.text.as_str()))
            .collect();
        // One heading is no table of contents.
        if contents.len() > 1 { contents } else { Vec::new() }
    }
}
