use std::process::{Command, Stdio};
use std::time::Instant;

use clap::Args;
use pg_session_testkit::{PgBouncer, PgInstall, SHARED_SERVER, Server};

use crate::error::Error;
use crate::node;
use crate::run::run;
use crate::workspace::workspace;

/// Check everything: formatting, clippy and all tests, on one private PostgreSQL.
///
/// Formatting, clippy, Node's tests and those behind PgBouncer are skipped where rustfmt, clippy, Node or PgBouncer are not
/// installed; the last line says so.
#[derive(Args)]
pub(crate) struct Test {
    /// Fail where anything would be skipped.
    #[arg(long)]
    strict: bool,

    /// What to hand to `cargo test`.
    #[arg(last = true)]
    args: Vec<String>,
}

impl Test {
    pub(crate) fn run(self) -> Result<(), Error> {
        let began = Instant::now();
        let has_node = node::installed();
        let needed = [
            ("rustfmt", is_installed("fmt")),
            ("clippy", is_installed("clippy")),
            ("PgBouncer", PgBouncer::program().is_some()),
            ("Node", has_node),
        ];
        let missing: Vec<_> = needed.iter().filter(|(_, is_there)| !is_there).map(|(name, _)| *name).collect();
        if self.strict && !missing.is_empty() {
            return Err(Error::Missing(missing.join(", ")));
        }
        if !missing.contains(&"rustfmt") {
            step("formatting", || cargo(&["fmt", "--all", "--check"], |_| ()))?;
        }
        if !missing.contains(&"clippy") {
            let clippy = ["clippy", "--workspace", "--all-targets", "--all-features"];
            let strict = ["--", "--deny", "warnings"];
            step("clippy", || cargo(&[&clippy[..], &strict].concat(), |_| ()))?;
        }
        let server = step("PostgreSQL", start)?;
        step("tests", || {
            // The addon is tested from Node.
            let tests = ["test", "--workspace", "--exclude=pg-session-node", "--all-features"];
            cargo(&tests, |command| {
                command.args(&self.args).env(SHARED_SERVER, server.shared_line());
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
        let seconds = began.elapsed().as_secs_f64();
        match &missing[..] {
            [] => println!("\n== everything passed in {seconds:.1} s"),
            _ => println!("\n== passed in {seconds:.1} s; skipped, because not installed: {}", missing.join(", ")),
        }
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
    let programs = PgInstall::find_or_fetch()?;
    println!("PostgreSQL {} of {}", programs.major(), programs.folder().display());
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
