//! Fetches the packages that the catalogue is made of, with the npm client.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

use crate::error::Error;
use crate::import::Kind;

/// The releases that the catalogue is made of, in the order in which they are read.
pub const RELEASES: [(Kind, &str); 7] = [
    (Kind::DownloadCounts, "download-counts@2.20260301.0"),
    (Kind::PreviousDownloadCounts, "download-counts@2.20251201.0"),
    (Kind::AllThePackageNames, "all-the-package-names@2.0.2578"),
    (Kind::AllThePackageRepos, "all-the-package-repos@2.0.3148"),
    (Kind::TypesRegistry, "types-registry@0.1.788"),
    (Kind::ModuleReplacements, "module-replacements@3.4.0"),
    (Kind::NpmHighImpact, "npm-high-impact@1.13.0"),
];

/// Fetches a release such as `download-counts@2.20260301.0` into a folder, unless it is there. Returns the archive.
///
/// Blocks until the npm client is done. Its progress goes to standard error.
///
/// # Errors
///
/// Returns an error if npm is not installed, or cannot fetch the release.
pub fn fetch(folder: &Path, release: &str) -> Result<PathBuf, Error> {
    let failed = |what: String| Error::Fetch { release: release.to_owned(), what };
    let path = archive(folder, release);
    if path.exists() {
        return Ok(path);
    }
    // An archive that npm has not finished must not look like one.
    let unfinished = folder.join(format!("unfinished-{}", std::process::id()));
    let fetched = (|| -> io::Result<Option<String>> {
        fs::create_dir_all(&unfinished)?;
        let mut npm = Command::new("npm");
        npm.args(["pack", release, "--pack-destination"]).arg(&unfinished);
        let output = npm.stdin(Stdio::null()).output()?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            return Ok(Some(errors.lines().take(3).collect::<Vec<_>>().join("; ")));
        }
        fs::rename(archive(&unfinished, release), &path)?;
        Ok(None)
    })();
    // What is left does no harm.
    let _ = fs::remove_dir_all(&unfinished);
    match fetched {
        Ok(None) => Ok(path),
        Ok(Some(errors)) => Err(failed(errors)),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// Returns the path of a release in a folder. npm names archives so.
fn archive(folder: &Path, release: &str) -> PathBuf {
    folder.join(format!("{}.tgz", release.replace('@', "-")))
}
