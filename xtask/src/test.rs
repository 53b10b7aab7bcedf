use std::process::{Command, Stdio};
use std::time::Instant;

use clap::Args;
use pg_session_testkit::{PgBouncer, PgInstall, SHARED_SERVER, Server};

use crate::error::Error;
use crate::node;
use crate::responds::responds;
use crate::run::run;
use crate::structure;
use crate::workspace::workspace;

/// The packages and their feature sets that are checked besides the full ones.
const FEATURE_SETS: [&[&str]; 6] = [
    &["--package=pg-session", "--no-default-features"],
    &["--package=pg-session", "--no-default-features", "--features=deadpool"],
    &["--package=pg-session", "--no-default-features", "--features=sqlx"],
    &["--package=pg-session"],
    &["--package=pg-session-actix", "--package=pg-session-tower", "--no-default-features"],
    &["--package=pg-session-actix", "--package=pg-session-tower", "--no-default-features", "--features=deadpool"],
];

/// Makes the tests of Pkg Stats fail if npm cannot fetch their data, or if there is no Chromium.
const PKGSTATS_STRICT: &str = "PKGSTATS_STRICT";

/// Run all checks: structure, formatting, clippy, feature sets, and all tests on one private PostgreSQL.
///
/// Skips the checks whose tools are not installed: rustfmt, clippy, Node, PgBouncer or Chromium. The last line lists them.
#[derive(Args)]
#[command(after_help = "Example: run the tests whose name contains `rotate`\n  cargo xtask test -- rotate")]
pub(crate) struct Test {
    /// Fail if a tool is not installed.
    #[arg(long)]
    strict: bool,

    /// Arguments of `cargo test`.
    #[arg(last = true)]
    args: Vec<String>,
}

impl Test {
    pub(crate) fn run(self) -> Result<(), Error> {
        let start = Instant::now();
        let has_node = node::installed();
        let needed = [
            ("rustfmt", is_installed("fmt")),
            ("clippy", is_installed("clippy")),
            ("PgBouncer", PgBouncer::program().is_some()),
            ("Node", has_node),
            ("Chromium", responds("chromium") && responds("chromedriver")),
        ];
        let missing: Vec<_> = needed.iter().filter(|(_, is_installed)| !is_installed).map(|(name, _)| *name).collect();
        if self.strict && !missing.is_empty() {
            return Err(Error::Missing(missing.join(", ")));
        }
        step("structure", structure::check)?;
        if !missing.contains(&"rustfmt") {
            step("formatting", || cargo(&["fmt", "--all", "--check"], |_| ()))?;
        }
        if !missing.contains(&"clippy") {
            let clippy = ["clippy", "--workspace", "--all-targets", "--all-features"];
            let strict = ["--", "--deny", "warnings"];
            step("clippy", || cargo(&[&clippy[..], &strict].concat(), |_| ()))?;
        }
        step("feature sets", || {
            FEATURE_SETS.iter().try_for_each(|features| cargo(&[&["check"], *features].concat(), |_| ()))
        })?;
        let server = step("PostgreSQL", start_server)?;
        step("tests", || {
            // The tests of the addon run in Node.
            let tests = ["test", "--workspace", "--exclude=pg-session-node", "--all-features"];
            cargo(&tests, |command| {
                command.args(&self.args).env(SHARED_SERVER, server.shared_line());
                command.envs(self.strict.then_some((PKGSTATS_STRICT, "1")));
            })
        })?;
        if has_node {
            step("npm package", || {
                node::build(&node::plainly).and_then(|()| node::install(&node::package(), &node::plainly))
            })?;
            step("tests in Node", || {
                node::test(|command| {
                    command.env(SHARED_SERVER, server.shared_line());
                })
            })?;
        }
        let seconds = start.elapsed().as_secs_f64();
        match &missing[..] {
            [] => println!("\n== everything passed in {seconds:.1} s"),
            _ => println!(
                "\n== passed in {seconds:.1} s; skipped because they are not installed: {}",
                missing.join(", ")
            ),
        }
        Ok(())
    }
}

/// Runs one step. Prints a heading and the duration.
fn step<T>(name: &'static str, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    println!("\n== {name}");
    let start = Instant::now();
    let result = work();
    let seconds = start.elapsed().as_secs_f64();
    match result {
        Ok(value) => {
            println!("== {name}: {seconds:.1} s");
            Ok(value)
        }
        Err(cause) => Err(Error::Step { step: name, seconds, cause: Box::new(cause) }),
    }
}

fn start_server() -> Result<Server, Error> {
    let install = PgInstall::find_or_fetch()?;
    println!("PostgreSQL {} from {}", install.major(), install.folder().display());
    Ok(Server::start()?)
}

fn is_installed(component: &str) -> bool {
    let mut cargo = Command::new("cargo");
    cargo.args([component, "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    cargo.status().is_ok_and(|status| status.success())
}

fn cargo(args: &[&str], configure: impl FnOnce(&mut Command)) -> Result<(), Error> {
    run(&[&["cargo"], args].concat(), workspace(), configure)
}
