//! The head of all pages of a package: its name, and the way to the others.

use pkgstats_catalog::Package;
use pkgstats_catalog::readings::Facts;

use super::state::ReadState;
use crate::address::package_path;
use crate::views::numbers::grouped;

/// A page of a package.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Tab {
    Overview,
    Versions,
    Dependencies,
    Dependents,
    Files,
}

/// The head of a page.
pub(crate) struct Head {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) state: ReadState,
    tab: Tab,
    /// The numbers of versions, dependencies and files, if they are known.
    counts: [Option<u64>; 3],
}

/// A link to a page of the package.
pub(crate) struct Link {
    pub(crate) address: String,
    pub(crate) label: &'static str,
    pub(crate) count: Option<String>,
    pub(crate) is_current: bool,
}

impl Head {
    pub(crate) fn new(package: &Package, facts: Option<&Facts>, state: &ReadState, tab: Tab) -> Self {
        let count = |of: fn(&Facts) -> Option<u64>| facts.and_then(of);
        Self {
            name: package.name.clone(),
            version: package.detail.as_ref().and_then(|detail| detail.version.clone()),
            state: state.clone(),
            tab,
            counts: [
                count(|facts| u64::try_from(facts.versions).ok()),
                count(|facts| u64::try_from(facts.dependencies).ok()),
                count(|facts| facts.file_count),
            ],
        }
    }

    /// Returns the address of the package's page.
    pub(crate) fn path(&self) -> String {
        package_path(&self.name)
    }

    /// Returns the links to all pages of the package.
    pub(crate) fn links(&self) -> Vec<Link> {
        let [versions, dependencies, files] = self.counts;
        let pages = [
            (Tab::Overview, "", "Overview", None),
            (Tab::Versions, "/versions", "Versions", versions),
            (Tab::Dependencies, "/dependencies", "Dependencies", dependencies),
            (Tab::Dependents, "/dependents", "Dependents", None),
            (Tab::Files, "/files", "Files", files),
        ];
        let link = |(tab, below, label, count): (Tab, &str, &'static str, Option<u64>)| Link {
            address: format!("{}{below}", self.path()),
            label,
            count: count.map(grouped),
            is_current: tab == self.tab,
        };
        pages.into_iter().map(link).collect()
    }
}
