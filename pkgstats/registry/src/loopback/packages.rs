//! A package as the loopback registry holds it: a tarball, and the manifest in it.

use std::io::{self, Read};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Map, Value};
use tar::{Archive, Builder};

/// A version of a package to serve.
#[derive(Clone, Debug)]
pub struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) manifest: Map<String, Value>,
    pub(super) tarball: Bytes,
    pub(super) file_count: usize,
    pub(super) unpacked_size: u64,
}

impl Package {
    /// Reads a package from its tarball.
    ///
    /// # Errors
    ///
    /// The bytes are no tarball, or there is no `package.json` with a name and a version in it.
    pub fn from_tarball(tarball: impl Into<Bytes>) -> io::Result<Self> {
        let tarball = tarball.into();
        let mut manifest = None;
        let (mut file_count, mut unpacked_size) = (0, 0);
        for entry in Archive::new(GzDecoder::new(&tarball[..])).entries()? {
            let mut entry = entry?;
            if entry.header().entry_type().is_file() {
                file_count += 1;
                unpacked_size += entry.size();
            }
            if is_manifest(&entry.path_bytes()) {
                let mut json = Vec::new();
                entry.read_to_end(&mut json)?;
                manifest = serde_json::from_slice::<Map<String, Value>>(&json).ok();
            }
        }
        let missing = || io::Error::new(io::ErrorKind::InvalidData, "no package.json with a name and a version");
        let manifest = manifest.ok_or_else(missing)?;
        let field = |name: &str| manifest.get(name).and_then(Value::as_str).map(str::to_owned).ok_or_else(missing);
        Ok(Self { name: field("name")?, version: field("version")?, manifest, tarball, file_count, unpacked_size })
    }

    /// Returns the same package with another version, in its manifest and in its tarball.
    pub(super) fn with_version(&self, version: &str) -> io::Result<Self> {
        let mut manifest = self.manifest.clone();
        manifest.insert("version".to_owned(), version.into());
        let json = serde_json::to_vec_pretty(&manifest)?;
        let mut tar = Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
        for entry in Archive::new(GzDecoder::new(&self.tarball[..])).entries()? {
            let entry = entry?;
            let mut header = entry.header().clone();
            let path = entry.path()?.into_owned();
            if is_manifest(&entry.path_bytes()) {
                header.set_size(u64::try_from(json.len()).unwrap_or(u64::MAX));
                tar.append_data(&mut header, path, &json[..])?;
            } else {
                tar.append_data(&mut header, path, entry)?;
            }
        }
        Self::from_tarball(tar.into_inner()?.finish()?)
    }
}

/// `package.json` below the root folder, whatever that is called
fn is_manifest(path: &[u8]) -> bool {
    path.strip_suffix(b"/package.json").is_some_and(|root| !root.contains(&b'/'))
}
