use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use pg_session_testkit::{Guard, PgInstall, Server, Signal, persistent_dir};

use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::node;
use crate::session_secret;
use crate::workspace::workspace;

/// An app. It reads DATABASE_URL, PORT and SESSION_SECRET, and prints `listening on http://… (name)` when it is ready.
#[derive(Clone, Copy)]
struct App {
    name: &'static str,
    /// Relative to the workspace.
    folder: &'static str,
    database: &'static str,
    run: &'static [&'static str],
}

const AXUM: App = App {
    name: "axum",
    folder: "examples/axum",
    database: SHARED_DATABASE,
    run: &["cargo", "run", "--quiet", "--package", "example-axum"],
};
const KOA: App = App { name: "Koa", folder: "examples/koa", database: SHARED_DATABASE, run: &["node", "app.js"] };
const PKG_STATS: App = App {
    name: "Pkg Stats",
    folder: ".",
    database: "pkgstats",
    run: &["cargo", "run", "--quiet", "--package", "pkgstats", "--", "serve"],
};

/// Creates the database of Pkg Stats, and fills an empty catalogue: with the 5,000 most popular packages, or with those of 1,000
/// downloads and more.
const IMPORT: [&str; 9] =
    ["cargo", "run", "--quiet", "--package", "pkgstats", "--", "import", "--if-empty", "--create-database"];
const FETCH: [&str; 4] = ["--fetch", "target/pkgstats-data", "--at-least", "1000"];

/// A database that every new server has. The axum and the Koa app share a table of sessions in it.
const SHARED_DATABASE: &str = "postgres";

const DATABASE_URL: &str = "DATABASE_URL";

/// Run Pkg Stats and the example apps for axum and, if Node is installed, for Koa, on a private PostgreSQL.
///
/// Each prints `listening on http://127.0.0.1:<port> (<name>)` when it is ready. Ctrl-C stops the apps and PostgreSQL. The sessions
/// survive a restart of the demo.
#[derive(Args)]
#[command(
    after_help = "Example:\n  cargo xtask demo --port 4000\n  curl --cookie-jar jar --cookie jar http://127.0.0.1:4000"
)]
pub(crate) struct Demo {
    /// The port of the axum app on 127.0.0.1. The Koa app uses the next one, and Pkg Stats the one after that.
    #[arg(long, default_value_t = 3000, value_parser = clap::value_parser!(u16).range(1..65534))]
    port: u16,

    /// Fill Pkg Stats with the 5,000 packages of this repository, and read nothing for it from a registry.
    #[arg(long)]
    offline: bool,

    /// The folder for PostgreSQL's data and for the key that signs cookies. [default: target/demo]
    #[arg(long)]
    data: Option<PathBuf>,
}

impl Demo {
    pub(crate) fn run(self) -> Result<(), Error> {
        match self.build_and_serve() {
            Err(Error::Interrupted) => Ok(()),
            done => done,
        }
    }

    fn build_and_serve(self) -> Result<(), Error> {
        let ports = [self.port, self.port + 1, self.port + 2];
        ports.into_iter().try_for_each(check_port)?;
        let interrupt = Interrupt::install()?;
        let install = PgInstall::find_or_fetch()?;
        let apps = build(ports, &|command, folder| run_to_end(command, folder, &interrupt))?;

        let data = self.data.map_or_else(|| persistent_dir("demo"), Ok)?;
        eprintln!("starting PostgreSQL {} from {} on {}", install.major(), install.folder().display(), data.display());
        let server = Server::builder().data_dir(&data).durable(true).start()?;
        let environment = [
            ("SESSION_SECRET", session_secret::load_or_create(&data)?),
            // The demo is served over http, where browsers drop secure cookies.
            ("APP_ENV", "development".to_owned()),
            ("NODE_ENV", "development".to_owned()),
            ("PKGSTATS_OFFLINE", self.offline.to_string()),
        ];
        let source: &[&str] = if self.offline { &[] } else { &FETCH };
        let configure = |command: &mut Command| {
            command.envs(environment.iter().cloned()).env(DATABASE_URL, server.url(PKG_STATS.database));
        };
        run_with(&[&IMPORT, source].concat(), workspace(), configure, &interrupt)?;
        serve(&apps, &environment, &server, &interrupt)?;
        eprintln!("stopping PostgreSQL");
        Ok(())
    }
}

/// Reports a port in use before the build, which takes long.
fn check_port(port: u16) -> Result<(), Error> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(Error::PortInUse { port }),
        Err(source) => Err(Error::Port { port, source }),
    }
}

/// Builds the apps, and returns those that can run on this machine, each with its port.
fn build(ports: [u16; 3], run: &node::Run<'_>) -> Result<Vec<(App, u16)>, Error> {
    let [axum, koa, pkg_stats] = ports;
    eprintln!("building the axum app and Pkg Stats");
    run(&["cargo", "build", "--package", "example-axum", "--package", "pkgstats"], workspace())?;
    let apps = vec![(AXUM, axum), (PKG_STATS, pkg_stats)];
    if !node::installed() {
        eprintln!("Node is not installed; skipping the Koa app");
        return Ok(apps);
    }
    eprintln!("building the Koa app");
    match node::build(run).and_then(|()| node::install(&workspace().join(KOA.folder), run)) {
        Ok(()) => Ok([apps, vec![(KOA, koa)]].concat()),
        Err(Error::Interrupted) => Err(Error::Interrupted),
        Err(error) => {
            eprintln!("{error}; skipping the Koa app");
            Ok(apps)
        }
    }
}

/// Runs the apps until the user stops them or one of them exits.
fn serve(
    apps: &[(App, u16)],
    environment: &[(&str, String)],
    server: &Server,
    interrupt: &Interrupt,
) -> Result<(), Error> {
    let mut running = Vec::new();
    for (app, port) in apps {
        let configure = |command: &mut Command| {
            command.envs(environment.iter().cloned());
            command.env(DATABASE_URL, server.url(app.database)).env("PORT", port.to_string());
        };
        running.push(spawn(app.run, &workspace().join(app.folder), configure)?);
    }
    let commands = apps.iter().map(|(app, _)| app.run.join(" ")).collect::<Vec<_>>().join("` or `");
    let exited = interrupt.or_exit(&mut running).map_err(|source| Error::Run { command: commands, source })?;
    if let Some((number, status)) = exited {
        return Err(Error::AppExited { app: apps[number].0.name, status });
    }
    eprintln!("\nstopping the apps");
    Ok(())
}

/// Runs a command until it exits or the user stops it. Returns an error if it fails.
fn run_to_end(command: &[&str], folder: &Path, interrupt: &Interrupt) -> Result<(), Error> {
    run_with(command, folder, |_| (), interrupt)
}

fn run_with(
    command: &[&str],
    folder: &Path,
    configure: impl FnOnce(&mut Command),
    interrupt: &Interrupt,
) -> Result<(), Error> {
    // Standard output is reserved for the addresses of the apps.
    let configure = |command: &mut Command| {
        configure(command);
        command.stdout(io::stderr());
    };
    let mut running = [spawn(command, folder, configure)?];
    let command = command.join(" ");
    match interrupt.or_exit(&mut running) {
        Ok(Some((_, status))) if status.success() => Ok(()),
        Ok(Some((_, status))) => Err(Error::Failed { command, status }),
        Ok(None) => Err(Error::Interrupted),
        Err(source) => Err(Error::Run { command, source }),
    }
}

fn spawn(command: &[&str], folder: &Path, configure: impl FnOnce(&mut Command)) -> Result<Guard, Error> {
    let spawned = Guard::spawn(command[0], Signal::Terminate, |shell| {
        shell.args(&command[1..]).current_dir(folder);
        configure(shell);
    });
    spawned.map_err(|source| Error::Run { command: command.join(" "), source })
}
