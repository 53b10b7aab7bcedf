use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use pg_session_testkit::{Guard, PgInstall, Server, Signal, persistent_dir};

use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::node;
use crate::workspace::workspace;

/// A web app to serve. It is told DATABASE_URL and PORT, and says `listening on http://…` when it is ready.
struct App {
    name: &'static str,
    /// In the workspace.
    folder: &'static str,
    run: &'static [&'static str],
}

const AXUM: App =
    App { name: "axum", folder: "examples/axum", run: &["cargo", "run", "--quiet", "--package", "example-axum"] };
const KOA: App = App { name: "Koa", folder: "examples/koa", run: &["node", "app.js"] };

/// Every PostgreSQL has this database from its beginning.
const DATABASE: &str = "postgres";

/// Serve the example apps for axum and, where Node is there, for Koa, with their sessions in one private PostgreSQL.
///
/// Each prints `listening on http://127.0.0.1:<port>` when it is ready. Ctrl-C stops everything; the sessions are there
/// again at the next start.
#[derive(Args)]
pub(crate) struct Demo {
    /// The port of 127.0.0.1 for the axum app. The Koa app takes the next one.
    #[arg(long, default_value_t = 3000, value_parser = clap::value_parser!(u16).range(1..65535))]
    port: u16,

    /// The folder for PostgreSQL's data. [default: target/demo]
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
        let ports = [self.port, self.port + 1];
        ports.into_iter().try_for_each(check_port)?;
        let interrupt = Interrupt::install()?;
        let programs = PgInstall::find_or_fetch()?;
        let apps = build(&|command, folder| to_its_end(command, folder, &interrupt))?;

        let data = self.data.map_or_else(|| persistent_dir("demo"), Ok)?;
        eprintln!("starting PostgreSQL {} of {} on {}", programs.major(), programs.folder().display(), data.display());
        let server = Server::builder().data_dir(data).durable(true).start()?;
        serve(&apps, ports, &server.url(DATABASE), &interrupt)?;
        eprintln!("stopping PostgreSQL");
        Ok(())
    }
}

/// Finds out before anything is started what would only come out at the end.
fn check_port(port: u16) -> Result<(), Error> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(Error::PortTaken { port }),
        Err(source) => Err(Error::Port { port, source }),
    }
}

/// The apps that can be served here.
fn build(run: &node::Run<'_>) -> Result<Vec<App>, Error> {
    eprintln!("building the axum app");
    run(&["cargo", "build", "--package", "example-axum"], workspace())?;
    if !node::installed() {
        eprintln!("Node is not installed: the Koa app is left out");
        return Ok(vec![AXUM]);
    }
    eprintln!("building the Koa app");
    match node::build(run).and_then(|()| node::install(&workspace().join(KOA.folder), run)) {
        Ok(()) => Ok(vec![AXUM, KOA]),
        Err(Error::Interrupted) => Err(Error::Interrupted),
        Err(error) => {
            eprintln!("{error}; the Koa app is left out");
            Ok(vec![AXUM])
        }
    }
}

/// Runs the apps until the user stops them, or one ends by itself.
fn serve(apps: &[App], ports: [u16; 2], url: &str, interrupt: &Interrupt) -> Result<(), Error> {
    let mut running = Vec::new();
    for (app, port) in apps.iter().zip(ports) {
        let configure = |command: &mut Command| {
            command.env("DATABASE_URL", url).env("PORT", port.to_string());
        };
        running.push(spawn(app.run, &workspace().join(app.folder), configure)?);
    }
    let commands = apps.iter().map(|app| app.run.join(" ")).collect::<Vec<_>>().join("` or `");
    let ended = interrupt.or_end(&mut running).map_err(|source| Error::Run { command: commands, source })?;
    if let Some((number, status)) = ended {
        return Err(Error::AppEnded { app: apps[number].name, status });
    }
    eprintln!("\nstopping the apps");
    Ok(())
}

/// Runs a command that must succeed, unless the user's wish to stop comes first.
fn to_its_end(command: &[&str], folder: &Path, interrupt: &Interrupt) -> Result<(), Error> {
    // Our standard output is for where the apps listen.
    let configure = |command: &mut Command| {
        command.stdout(io::stderr());
    };
    let mut running = [spawn(command, folder, configure)?];
    let command = command.join(" ");
    match interrupt.or_end(&mut running) {
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
