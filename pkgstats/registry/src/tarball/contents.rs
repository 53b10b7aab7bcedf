//! What is known of a package once its tarball was read.

use pkgstats_core::manifest::{Manifest, ModuleFormat, Types};

use super::readme::ReadmeFile;

/// What a tarball contains.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Contents {
    /// `package.json`, if it is there and is a JSON object.
    pub manifest: Option<Manifest>,
    /// The readme in the package's root.
    pub readme: Option<ReadmeFile>,
    /// The files, in the order of the tarball.
    pub files: Vec<File>,
    /// The size of the files in bytes.
    pub unpacked_size: u64,
    /// The size of the tarball in bytes.
    pub packed_size: u64,
    /// The entries that are no files of the package.
    pub ignored: Ignored,
}

/// A file of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The path in the package, such as `lib/index.js`.
    pub path: String,
    /// The size in bytes.
    pub size: u64,
}

/// The numbers of entries that were left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ignored {
    /// Symbolic and hard links.
    pub links: usize,
    /// Paths that lead out of the package, or are too long.
    pub outside: usize,
    /// Devices, pipes and other entries.
    pub other: usize,
}

impl Ignored {
    /// Returns the sum.
    #[must_use]
    pub fn total(self) -> usize {
        self.links + self.outside + self.other
    }
}

impl Contents {
    /// Returns the module format, or `None` if the package holds no JavaScript or no manifest.
    #[must_use]
    pub fn module_format(&self) -> Option<ModuleFormat> {
        self.manifest.as_ref()?.module_format(Some(&self.paths()))
    }

    /// Returns whether the package has types of its own.
    #[must_use]
    pub fn types(&self) -> Types {
        self.manifest.as_ref().map_or(Types::None, |manifest| manifest.types(Some(&self.paths())))
    }

    fn paths(&self) -> Vec<String> {
        self.files.iter().map(|file| file.path.clone()).collect()
    }
}
