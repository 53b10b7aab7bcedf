//! The npm package and its tests.

use std::env::{self, consts};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use crate::error::Error;
use crate::responds::responds;
use crate::run::run;
use crate::workspace::workspace;

/// A function that runs a command in a folder, and returns an error if it fails.
pub(crate) type Run<'a> = dyn Fn(&[&str], &Path) -> Result<(), Error> + 'a;

/// The example apps for Node.
const EXAMPLES: [&str; 5] = ["express", "fastify", "koa", "koa1", "koa-session"];

/// Returns whether Node and npm are installed.
pub(crate) fn installed() -> bool {
    ["node", "npm"].into_iter().all(responds)
}

/// The default [`Run`].
pub(crate) fn plainly(command: &[&str], folder: &Path) -> Result<(), Error> {
    run(command, folder, |_| ())
}

/// Builds the addon and copies it into the npm package.
pub(crate) fn build(run: &Run<'_>) -> Result<(), Error> {
    build_as("debug", &[], run)
}

/// Builds the addon with optimizations and copies it into the npm package.
pub(crate) fn build_for_release(run: &Run<'_>) -> Result<(), Error> {
    build_as("release", &["--release"], run)
}

fn build_as(profile: &str, options: &[&str], run: &Run<'_>) -> Result<(), Error> {
    run(&[&["cargo", "build", "--package", "pg-session-node"], options].concat(), workspace())?;
    let package = package();
    let (temporary, addon) =
        (package.join(format!("temporary-{}.node", process::id())), package.join("pg-session.node"));
    // A running process may have loaded the old file. A rename replaces it without changing its contents.
    built(profile)
        .and_then(|built| fs::copy(built, &temporary))
        .and_then(|_| fs::rename(&temporary, &addon))
        .map_err(Error::Addon)
}

/// Installs the packages in the folder's lock file, unless they are up to date.
pub(crate) fn install(folder: &Path, run: &Run<'_>) -> Result<(), Error> {
    let modified = |file: &str| fs::metadata(folder.join(file)).and_then(|file| file.modified());
    match (modified("package-lock.json"), modified("node_modules/.package-lock.json")) {
        (Ok(lock), Ok(installed)) if lock < installed => Ok(()),
        _ => run(&["npm", "ci", "--ignore-scripts", "--loglevel=error"], folder),
    }
}

/// Runs the tests of the npm package, and then those of Node and Rust together.
pub(crate) fn test(configure: impl Fn(&mut Command)) -> Result<(), Error> {
    let this = |source| Error::Run { command: "cargo xtask".to_owned(), source };
    // The tests start servers with this program. Its current path may be stale, because cargo may have replaced the file.
    let xtask = env::current_exe().map_err(this)?.with_file_name(format!("xtask{}", consts::EXE_SUFFIX));
    run(&["npm", "test", "--silent"], &package(), |command| {
        configure(command.env("PG_SESSION_XTASK", xtask));
    })?;
    for example in EXAMPLES {
        install(&workspace().join("examples").join(example), &plainly)?;
    }
    run(&["cargo", "test", "--package", "pg-session-node", "--features", "node"], workspace(), &configure)
}

/// Returns the folder of the npm package.
pub(crate) fn package() -> PathBuf {
    workspace().join("crates/pg-session-node")
}

/// Returns the library that cargo built with this profile. The profile's folder is beside that of this program.
pub(crate) fn built(profile: &str) -> io::Result<PathBuf> {
    let library = format!("{}pg_session_node{}", consts::DLL_PREFIX, consts::DLL_SUFFIX);
    Ok(env::current_exe()?.with_file_name("..").join(profile).join(library))
}
