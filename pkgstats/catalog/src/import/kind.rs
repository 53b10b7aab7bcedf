//! The kinds of files that can be imported.

use std::fmt;
use std::str::FromStr;

/// What a file contains. Most are packages of npm, named like the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// `download-counts`: the downloads of 30 days.
    DownloadCounts,
    /// An earlier release of `download-counts`, to compare with.
    PreviousDownloadCounts,
    /// `all-the-package-names`: all names, also those without downloads.
    AllThePackageNames,
    /// `all-the-package-repos`: the addresses of the repositories.
    AllThePackageRepos,
    /// `types-registry`: the packages that have an `@types` package.
    TypesRegistry,
    /// `module-replacements`: what to use instead of a package.
    ModuleReplacements,
    /// `npm-high-impact`: the packages on which the most others depend, in their order.
    NpmHighImpact,
    /// A small part of all of these in one file, as this crate has one.
    Slice,
}

/// A text is not the name of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownKindError(String);

impl Kind {
    /// All kinds, in the order in which they are read.
    pub const ALL: [Self; 8] = [
        Self::DownloadCounts,
        Self::PreviousDownloadCounts,
        Self::AllThePackageNames,
        Self::AllThePackageRepos,
        Self::TypesRegistry,
        Self::ModuleReplacements,
        Self::NpmHighImpact,
        Self::Slice,
    ];

    /// Returns the name of the kind.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DownloadCounts => "download-counts",
            Self::PreviousDownloadCounts => "previous-download-counts",
            Self::AllThePackageNames => "all-the-package-names",
            Self::AllThePackageRepos => "all-the-package-repos",
            Self::TypesRegistry => "types-registry",
            Self::ModuleReplacements => "module-replacements",
            Self::NpmHighImpact => "npm-high-impact",
            Self::Slice => "slice",
        }
    }

    /// Returns the path of the data inside the archive, for messages.
    pub(crate) fn member(self) -> &'static str {
        match self {
            Self::DownloadCounts | Self::PreviousDownloadCounts => "counts.json",
            Self::AllThePackageNames => "names.json",
            Self::AllThePackageRepos => "data/packages.json",
            Self::TypesRegistry => "index.json",
            Self::ModuleReplacements => "manifests/*.json",
            Self::NpmHighImpact => "lib/top-dependent.js",
            Self::Slice => "slice.jsonl",
        }
    }

    /// Returns whether a path inside the archive, without its first folder, is one with data.
    pub(crate) fn is_member(self, path: &str) -> bool {
        match self {
            Self::ModuleReplacements => path.starts_with("manifests/") && path.ends_with(".json"),
            _ => path == self.member(),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = UnknownKindError;

    fn from_str(text: &str) -> Result<Self, UnknownKindError> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| UnknownKindError(text.chars().take(40).collect()))
    }
}

impl fmt::Display for UnknownKindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown kind `{}`; use {}", self.0, Kind::ALL.map(Kind::name).join(", "))
    }
}

impl std::error::Error for UnknownKindError {}
