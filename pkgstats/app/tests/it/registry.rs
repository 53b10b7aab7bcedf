//! A site beside a registry on loopback.

use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use pkgstats_registry::loopback::{Loopback, Package, data_folder, fetch};
use tokio::sync::OnceCell;

use crate::site::{Site, Visitor};

/// Makes a test run fail where the data cannot be fetched.
const STRICT: &str = "PKGSTATS_STRICT";

/// Returns a registry of the pinned packages, or `None` if npm cannot fetch them.
pub(crate) async fn pinned() -> Option<Loopback> {
    static PACKAGES: OnceCell<Vec<Package>> = OnceCell::const_new();
    static SAID: OnceLock<()> = OnceLock::new();
    match PACKAGES.get_or_try_init(async || fetch(&data_folder()).await).await {
        Ok(packages) => Some(Loopback::start(packages.clone()).await.unwrap()),
        Err(error) => {
            assert!(std::env::var_os(STRICT).is_none(), "{error}");
            SAID.get_or_init(|| eprintln!("skipped tests of real packages: {error}"));
            None
        }
    }
}

/// Returns a registry of one package that the catalogue has, with these files below `package/`.
pub(crate) async fn one(name: &str, files: &[(&str, &[u8])]) -> Loopback {
    let manifest = format!("{{\"name\": \"{name}\", \"version\": \"1.0.0\", \"license\": \"MIT\"}}");
    let files = [&[("package.json", manifest.as_bytes())], files].concat();
    Loopback::start([Package::from_tarball(tarball(&files)).unwrap()]).await.unwrap()
}

pub(crate) fn tarball(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, data) in files {
        let path = format!("package/{path}");
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(data.len() as u64);
        header.set_cksum();
        tar.append(&header, *data).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

/// Opens a page until it no longer says that something is being read.
pub(crate) async fn read(visitor: &Visitor, path: &str) -> String {
    for _ in 0..40 {
        let page = visitor.page(path).await;
        if !page.contains("are being read") {
            return page;
        }
    }
    panic!("{path} is still being read");
}

pub(crate) async fn site(loopback: &Loopback) -> Site {
    Site::reading(loopback.builder().build().unwrap()).await
}
