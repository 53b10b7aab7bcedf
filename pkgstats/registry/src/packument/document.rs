//! What a packument says, whatever its shape.

use pkgstats_core::manifest::{Manifest, Person};
use time::OffsetDateTime;

use super::version::Version;

/// What a registry says of a package.
///
/// The full and the abbreviated shape are read alike: a field that the registry leaves out is empty.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Packument {
    /// The name.
    pub name: String,
    /// Tags such as `latest`, to versions.
    pub dist_tags: Vec<(String, String)>,
    /// The versions, in the order of the registry, which is usually that of their publication.
    pub versions: Vec<Version>,
    /// When the package was created. Without it, the dates of the versions may be this registry's own.
    pub created: Option<OffsetDateTime>,
    /// When the package was last changed.
    pub modified: Option<OffsetDateTime>,
    /// The maintainers.
    pub maintainers: Vec<Person>,
    /// The manifest of the latest version, as the registry has it. The tarball's is more reliable.
    pub latest_manifest: Option<Manifest>,
}

impl Packument {
    /// Returns the version that the tag `latest` names, or else the last one that is no prerelease.
    #[must_use]
    pub fn latest(&self) -> Option<&Version> {
        let tagged = self.dist_tags.iter().find(|(tag, _)| tag == "latest").map(|(_, version)| version);
        tagged
            .and_then(|version| self.version(version))
            .or_else(|| self.versions.iter().rev().find(|version| !version.is_prerelease()))
            .or(self.versions.last())
    }

    /// Returns a version.
    #[must_use]
    pub fn version(&self, version: &str) -> Option<&Version> {
        self.versions.iter().find(|found| found.version == version)
    }
}
