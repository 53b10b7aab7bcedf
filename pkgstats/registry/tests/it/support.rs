//! The loopback registry with the pinned packages, and what tests build themselves.

use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use pkgstats_registry::loopback::{Loopback, Package, data_folder, fetch};
use tokio::sync::OnceCell;

/// Returns a loopback registry of the pinned packages, or `None` if they cannot be fetched, which is said once.
///
/// With the variable `PKGSTATS_STRICT`, that is a failure.
pub(crate) async fn pinned() -> Option<Loopback> {
    static PACKAGES: OnceCell<Vec<Package>> = OnceCell::const_new();
    static SAID: OnceLock<()> = OnceLock::new();
    match PACKAGES.get_or_try_init(async || fetch(&data_folder()).await).await {
        Ok(packages) => Some(Loopback::start(packages.clone()).await.unwrap()),
        Err(error) if std::env::var_os("PKGSTATS_STRICT").is_none() => {
            SAID.get_or_init(|| eprintln!("skipped tests of real packages: {error}"));
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Returns a loopback registry of small packages of these names, which need no network.
pub(crate) async fn made_up(names: &[&str]) -> Loopback {
    Loopback::start(names.iter().map(|name| package(name))).await.unwrap()
}

pub(crate) fn package(name: &str) -> Package {
    let manifest = format!("{{\"name\": \"{name}\", \"version\": \"1.0.0\", \"license\": \"MIT\"}}");
    let bytes = tarball(&[("package/package.json", manifest.as_bytes()), ("package/index.js", b"")]);
    Package::from_tarball(bytes).unwrap()
}

pub(crate) fn tarball(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, data) in files {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(data.len() as u64);
        header.set_cksum();
        tar.append(&header, *data).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}
