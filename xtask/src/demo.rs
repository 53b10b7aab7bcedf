use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::Command;

use clap::Args;
use pg_session_testkit::{Guard, Programs, Server, Signal, lasting_folder};

use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::workspace;

/// A web app to serve: how it is built and how it is run. It is told DATABASE_URL and PORT, and says
/// `listening on http://…` when it is ready.
struct App {
    name: &'static str,
    build: &'static [&'static str],
    run: &'static [&'static str],
}

const AXUM: App = App {
    name: "axum",
    build: &["cargo", "build", "--package", "example-axum"],
    run: &["cargo", "run", "--quiet", "--package", "example-axum"],
};

/// Every PostgreSQL has this database from its beginning.
const DATABASE: &str = "postgres";

/// Serve the example app, with its sessions in a private PostgreSQL.
///
/// Prints `listening on http://127.0.0.1:<port>` when it is ready. Ctrl-C stops everything; the
/// sessions are there again at the next start.
#[derive(Args)]
pub(crate) struct Demo {
    /// The port of 127.0.0.1 to listen on.
    #[arg(long, default_value_t = 3000, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,

    /// The folder for PostgreSQL's data. [default: target/demo]
    #[arg(long)]
    data: Option<PathBuf>,
}

impl Demo {
    pub(crate) fn run(self) -> Result<(), Error> {
        check_port(self.port)?;
        let interrupt = Interrupt::install()?;
        let programs = Programs::find_or_fetch()?;
        if !build(&AXUM, &interrupt)? {
            return Ok(());
        }

        let data = self.data.map_or_else(|| lasting_folder("demo"), Ok)?;
        eprintln!("starting PostgreSQL {} of {} on {}", programs.major(), programs.folder().display(), data.display());
        let server = Server::builder().data_dir(data).durable(true).start()?;
        serve(&AXUM, &server.url(DATABASE), self.port, &interrupt)?;
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

/// Whether the app was built, and the user did not stop it.
fn build(app: &App, interrupt: &Interrupt) -> Result<bool, Error> {
    eprintln!("building the {} app", app.name);
    let mut build = spawn(app.build, |_| ())?;
    match wait(app.build, &mut build, interrupt)? {
        Some(status) if !status.success() => Err(Error::Failed { command: app.build.join(" "), status }),
        status => Ok(status.is_some()),
    }
}

/// Runs the app until the user stops it.
fn serve(app: &App, url: &str, port: u16, interrupt: &Interrupt) -> Result<(), Error> {
    let mut running = spawn(app.run, |command| {
        command.env("DATABASE_URL", url).env("PORT", port.to_string());
    })?;
    if let Some(status) = wait(app.run, &mut running, interrupt)? {
        return Err(Error::AppEnded { app: app.name, status });
    }
    eprintln!("\nstopping the {} app", app.name);
    Ok(())
}

fn spawn(command: &[&str], configure: impl FnOnce(&mut Command)) -> Result<Guard, Error> {
    let spawned = Guard::spawn(command[0], Signal::Terminate, |shell| {
        shell.args(&command[1..]).current_dir(workspace());
        configure(shell);
    });
    spawned.map_err(|source| Error::Run { command: command.join(" "), source })
}

fn wait(
    command: &[&str],
    program: &mut Guard,
    interrupt: &Interrupt,
) -> Result<Option<std::process::ExitStatus>, Error> {
    let ended = interrupt.or_end(program);
    ended.map_err(|source| Error::Run { command: command.join(" "), source })
}
