//! The versions of a package.

use std::time::UNIX_EPOCH;

use askama::Template;
use pkgstats_catalog::readings::Version;

use super::head::Head;
use crate::views::frame::Frame;
use crate::views::numbers::{bytes, grouped};
use crate::views::search::Pages;
use crate::views::time::date;

/// All versions of a package.
#[derive(Template)]
#[template(path = "package/versions.html")]
pub(crate) struct Versions {
    pub(crate) frame: Frame,
    pub(crate) head: Head,
    pub(crate) rows: Vec<VersionRow>,
    pub(crate) pages: Pages,
}

/// One version of a package.
#[derive(Template)]
#[template(path = "package/version.html")]
pub(crate) struct VersionPage {
    pub(crate) frame: Frame,
    pub(crate) head: Head,
    pub(crate) version: String,
    /// `None` if there is no such version, or the versions were not read.
    pub(crate) row: Option<VersionRow>,
}

/// What is shown of a version.
pub(crate) struct VersionRow {
    pub(crate) version: String,
    pub(crate) published: Option<String>,
    pub(crate) deprecated: Option<String>,
    pub(crate) license: Option<String>,
    pub(crate) module_format: Option<String>,
    pub(crate) types: &'static str,
    pub(crate) node: Option<String>,
    pub(crate) size: Option<String>,
    pub(crate) files: Option<String>,
    pub(crate) dependencies: String,
}

impl VersionRow {
    pub(crate) fn new(version: Version) -> Self {
        let number = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok());
        let seconds = version.published.and_then(|published| published.duration_since(UNIX_EPOCH).ok());
        Self {
            published: seconds.and_then(|seconds| date(i64::try_from(seconds.as_secs()).ok()?)),
            types: if version.has_types { "included" } else { "not declared" },
            size: number(version.unpacked_size).map(bytes),
            files: number(version.file_count).map(grouped),
            dependencies: version.dependencies.to_string(),
            version: version.version,
            deprecated: version.deprecated,
            license: version.license,
            module_format: version.module_format,
            node: version.node,
        }
    }
}
