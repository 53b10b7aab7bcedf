//! What a package depends on, what depends on it, and its files.

use askama::Template;
use pkgstats_catalog::readings::{Dependency, DependencyKind, Dependent};

use super::head::Head;
use crate::views::frame::Frame;
use crate::views::search::Pages;

/// What the latest version depends on.
#[derive(Template)]
#[template(path = "package/dependencies.html")]
pub(crate) struct Dependencies {
    pub(crate) frame: Frame,
    pub(crate) head: Head,
    /// The kinds with their dependencies, without empty ones.
    pub(crate) groups: Vec<(&'static str, Vec<Dependency>)>,
}

impl Dependencies {
    pub(crate) fn new(frame: Frame, head: Head, dependencies: Vec<Dependency>) -> Self {
        let kinds = [
            (DependencyKind::Runtime, "Dependencies"),
            (DependencyKind::Peer, "Peer dependencies"),
            (DependencyKind::Optional, "Optional dependencies"),
            (DependencyKind::Development, "For development"),
        ];
        let group = |(kind, title)| {
            let of_kind: Vec<_> = dependencies.iter().filter(|dependency| dependency.kind == kind).cloned().collect();
            (!of_kind.is_empty()).then_some((title, of_kind))
        };
        Self { frame, head, groups: kinds.into_iter().filter_map(group).collect() }
    }
}

/// The packages that depend on a package.
#[derive(Template)]
#[template(path = "package/dependents.html")]
pub(crate) struct Dependents {
    pub(crate) frame: Frame,
    pub(crate) head: Head,
    pub(crate) total: String,
    pub(crate) rows: Vec<Dependent>,
    pub(crate) pages: Pages,
}

/// The files of a package.
#[derive(Template)]
#[template(path = "package/files.html")]
pub(crate) struct Files {
    pub(crate) frame: Frame,
    pub(crate) head: Head,
    /// The version whose files they are. `None` if they were not read.
    pub(crate) version: Option<String>,
    /// The paths and the sizes.
    pub(crate) rows: Vec<(String, String)>,
    pub(crate) pages: Pages,
}
