//! The npm package and what is tested with it, where Node is there.

use std::env::{self, consts};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};

use crate::error::Error;
use crate::run::run;
use crate::workspace::workspace;

/// How a command is run in a folder; it must succeed.
pub(crate) type Run<'a> = dyn Fn(&[&str], &Path) -> Result<(), Error> + 'a;

/// The example apps for Node.
const EXAMPLES: [&str; 5] = ["express", "fastify", "koa", "koa1", "koa-session"];

/// Whether Node and npm are installed.
pub(crate) fn installed() -> bool {
    ["node", "npm"].iter().all(|program| {
        let mut command = Command::new(program);
        command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    })
}

/// The usual `Run`.
pub(crate) fn plainly(command: &[&str], folder: &Path) -> Result<(), Error> {
    run(command, folder, |_| ())
}

/// Builds the addon, and puts it where the package looks for it first.
pub(crate) fn build(run: &Run<'_>) -> Result<(), Error> {
    build_as("debug", &[], run)
}

/// The same, as it is published.
pub(crate) fn build_for_release(run: &Run<'_>) -> Result<(), Error> {
    build_as("release", &["--release"], run)
}

fn build_as(profile: &str, options: &[&str], run: &Run<'_>) -> Result<(), Error> {
    run(&[&["cargo", "build", "--package", "pg-session-node"], options].concat(), workspace())?;
    let package = package();
    let (fresh, place) = (package.join(format!("fresh-{}.node", process::id())), package.join("pg-session.node"));
    // A process that runs may have the old file open: it keeps that, and the next one takes the new.
    built(profile)
        .and_then(|built| fs::copy(built, &fresh))
        .and_then(|_| fs::rename(&fresh, &place))
        .map_err(Error::Addon)
}

/// Installs what the folder's lock file names, unless it is there.
pub(crate) fn install(folder: &Path, run: &Run<'_>) -> Result<(), Error> {
    let changed = |file: &str| fs::metadata(folder.join(file)).and_then(|file| file.modified());
    match (changed("package-lock.json"), changed("node_modules/.package-lock.json")) {
        (Ok(wanted), Ok(there)) if wanted < there => Ok(()),
        _ => run(&["npm", "ci", "--ignore-scripts", "--loglevel=error"], folder),
    }
}

/// Runs the package's own tests, which start servers by this program; then those of Node and Rust together.
pub(crate) fn test(configure: impl Fn(&mut Command)) -> Result<(), Error> {
    let this = |source| Error::Run { command: "cargo xtask".to_owned(), source };
    // By its name: cargo may have put a newer one in the place of this very program.
    let xtask = env::current_exe().map_err(this)?.with_file_name(format!("xtask{}", consts::EXE_SUFFIX));
    run(&["npm", "test", "--silent"], &package(), |command| {
        configure(command.env("PG_SESSION_XTASK", xtask));
    })?;
    for example in EXAMPLES {
        install(&workspace().join("examples").join(example), &plainly)?;
    }
    run(&["cargo", "test", "--package", "pg-session-node", "--features", "node"], workspace(), &configure)
}

/// The folder of the npm package.
pub(crate) fn package() -> PathBuf {
    workspace().join("crates/pg-session-node")
}

/// The library that cargo built, in the folder of a profile beside that of this program.
pub(crate) fn built(profile: &str) -> io::Result<PathBuf> {
    let library = format!("{}pg_session_node{}", consts::DLL_PREFIX, consts::DLL_SUFFIX);
    Ok(env::current_exe()?.with_file_name("..").join(profile).join(library))
}
