//! One version in a packument.

use pkgstats_core::manifest::{License, Manifest, ModuleFormat, Types};
use serde_json::{Map, Value};
use time::OffsetDateTime;

/// What a packument says of a version. Its dependencies are counted, as thousands of versions may have hundreds each.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Version {
    /// The version.
    pub version: String,
    /// When it was published.
    pub published: Option<OffsetDateTime>,
    /// Why it is deprecated. `Some("")` if no reason is given.
    pub deprecated: Option<String>,
    /// The license.
    pub license: Option<License>,
    /// Its module format, as far as the manifest shows.
    pub module_format: Option<ModuleFormat>,
    /// Whether its manifest declares types.
    pub types: Types,
    /// Requirements such as `node` to `>=18`.
    pub engines: Vec<(String, String)>,
    /// The number of its dependencies.
    pub dependencies: usize,
    /// The size of its files in bytes.
    pub unpacked_size: Option<u64>,
    /// The number of its files.
    pub file_count: Option<u64>,
    /// The address of its tarball, as the registry gives it.
    pub tarball: Option<String>,
}

impl Version {
    /// Creates a version of which nothing is known but its name.
    #[must_use]
    pub fn named(version: &str) -> Self {
        Self::new(version, &Map::new(), &Manifest::default(), None)
    }

    pub(super) fn new(
        version: &str,
        object: &Map<String, Value>,
        manifest: &Manifest,
        published: Option<OffsetDateTime>,
    ) -> Self {
        let dist = object.get("dist");
        let number = |field: &str| dist?.get(field)?.as_u64();
        Self {
            version: version.to_owned(),
            published,
            deprecated: manifest.deprecated.clone(),
            license: manifest.license.clone(),
            module_format: manifest.module_format(None),
            types: manifest.types(None),
            engines: manifest.engines.clone(),
            dependencies: manifest.dependencies.len(),
            unpacked_size: number("unpackedSize"),
            file_count: number("fileCount"),
            tarball: dist.and_then(|dist| dist.get("tarball")?.as_str()).map(str::to_owned),
        }
    }

    /// Returns whether the version has a prerelease tag, such as `1.0.0-beta.1`.
    #[must_use]
    pub fn is_prerelease(&self) -> bool {
        self.version.split('+').next().is_some_and(|version| version.contains('-'))
    }
}
