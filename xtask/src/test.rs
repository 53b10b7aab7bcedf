use std::process::{Command, Stdio};
use std::time::Instant;

use clap::Args;
use pg_session_testkit::{PgBouncer, Programs, SHARED_SERVER, Server};

use crate::error::Error;
use crate::{node, run, workspace};

/// Check everything: formatting, clippy and all tests, on one private PostgreSQL.
///
/// Formatting, clippy, Node's tests and those behind PgBouncer are left out where rustfmt, clippy, Node or PgBouncer are
/// not installed.
#[derive(Args)]
pub(crate) struct Test {
    /// What to hand to `cargo test`.
    #[arg(last = true)]
    args: Vec<String>,
}

impl Test {
    pub(crate) fn run(self) -> Result<(), Error> {
        let began = Instant::now();
        if installed("fmt") {
            step("formatting", || cargo(&["fmt", "--all", "--check"], |_| ()))?;
        }
        if installed("clippy") {
            let clippy = ["clippy", "--workspace", "--all-targets", "--all-features"];
            let strict = ["--", "--deny", "warnings"];
            step("clippy", || cargo(&[&clippy[..], &strict].concat(), |_| ()))?;
        }
        let server = step("PostgreSQL", start)?;
        if PgBouncer::program().is_none() {
            println!("\n== PgBouncer is not installed: the tests behind it are left out");
        }
        step("tests", || {
            // The addon is tested from Node.
            let tests = ["test", "--workspace", "--exclude=pg-session-node", "--all-features"];
            cargo(&tests, |command| {
                command.args(&self.args).env(SHARED_SERVER, server.shared_line());
            })
        })?;
        if node::installed() {
            step("npm package", || {
                node::build(&node::plainly).and_then(|()| node::install(&node::package(), &node::plainly))
            })?;
            step("tests in Node", || {
                node::test(|command| {
                    command.env(SHARED_SERVER, server.shared_line());
                })
            })?;
        } else {
            println!("\n== Node is not installed: its tests are left out");
        }
        println!("\n== everything passed in {:.1} s", began.elapsed().as_secs_f64());
        Ok(())
    }
}

/// Does one step under a heading, and tells its time.
fn step<T>(name: &'static str, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    println!("\n== {name}");
    let began = Instant::now();
    let done = work();
    let seconds = began.elapsed().as_secs_f64();
    match done {
        Ok(done) => {
            println!("== {name}: {seconds:.1} s");
            Ok(done)
        }
        Err(cause) => Err(Error::Step { step: name, seconds, cause: Box::new(cause) }),
    }
}

fn start() -> Result<Server, Error> {
    let programs = Programs::find_or_fetch()?;
    println!("PostgreSQL {} of {}", programs.major(), programs.folder().display());
    Ok(Server::start()?)
}

fn installed(component: &str) -> bool {
    let mut cargo = Command::new("cargo");
    cargo.args([component, "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    let installed = cargo.status().is_ok_and(|status| status.success());
    if !installed {
        println!("\n== cargo {component} is not installed: left out");
    }
    installed
}

fn cargo(args: &[&str], configure: impl FnOnce(&mut Command)) -> Result<(), Error> {
    run(&[&["cargo"], args].concat(), workspace(), configure)
}
