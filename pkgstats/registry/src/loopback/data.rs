//! The tarballs that the loopback registry serves: fetched once from npm, at pinned versions.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::packages::Package;

/// The packages, each at the version that the tests know.
pub const PINNED: [(&str, &str); 13] = [
    ("@types/node", "26.6.6"),
    ("axios", "1.21.1"),
    ("connect-pg-simple", "10.0.0"),
    ("d3-array", "3.2.5"),
    ("express", "5.3.0"),
    ("hono", "4.13.19"),
    ("koa", "3.3.0"),
    ("koa-pg-session", "2.0.1"),
    ("koa-session", "7.0.2"),
    ("left-pad", "1.3.0"),
    ("lodash", "4.18.1"),
    ("point-in-polygon", "1.1.0"),
    ("react", "19.3.1"),
];

/// The tarballs could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// npm is not there, or failed.
    #[error("npm pack failed: {0}; install npm and check its registry")]
    Npm(String),
    /// The folder cannot be used.
    #[error("cannot use the folder of tarballs: {0}; check its permissions")]
    Io(#[from] io::Error),
}

/// Returns the folder that keeps the tarballs of a checkout: `target/pkgstats-data`.
#[must_use]
pub fn data_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/pkgstats-data")
}

/// Returns the [pinned](PINNED) packages, out of a folder. Those missing there are fetched with `npm pack`.
///
/// # Errors
///
/// npm fails, or the folder cannot be read or written.
pub async fn fetch(folder: &Path) -> Result<Vec<Package>, FetchError> {
    fs::create_dir_all(folder)?;
    let missing: Vec<_> = PINNED.iter().filter(|(name, version)| !folder.join(file(name, version)).is_file()).collect();
    if !missing.is_empty() {
        let specs: Vec<String> = missing.iter().map(|(name, version)| format!("{name}@{version}")).collect();
        // Another process may fetch the same: each has a folder of its own, and moves what is whole.
        let own = folder.join(format!("fetch-{}", std::process::id()));
        fs::create_dir_all(&own)?;
        let packed = pack(&own, &specs).await;
        let moved = packed.and_then(|()| {
            missing.iter().try_for_each(|(name, version)| {
                let file = file(name, version);
                Ok(fs::rename(own.join(&file), folder.join(&file))?)
            })
        });
        let _ = fs::remove_dir_all(&own);
        moved?;
    }
    let package = |(name, version): &(&str, &str)| Package::from_tarball(fs::read(folder.join(file(name, version)))?);
    Ok(PINNED.iter().map(package).collect::<io::Result<_>>()?)
}

async fn pack(folder: &Path, specs: &[String]) -> Result<(), FetchError> {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let mut command = Command::new(npm);
    command.args(["pack", "--silent", "--ignore-scripts", "--"]).args(specs);
    command.current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.map_err(|error| FetchError::Npm(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let text = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").to_owned();
    Err(FetchError::Npm(text))
}

/// Returns the name that `npm pack` gives a tarball.
fn file(name: &str, version: &str) -> String {
    format!("{}-{version}.tgz", name.trim_start_matches('@').replace('/', "-"))
}
