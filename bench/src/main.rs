//! Measures pg-session and its peers in one run: `cargo xtask bench --help`.

mod child;
mod cpu;
mod error;
mod load;
mod memory;
mod merge;
mod million_sessions;
mod outcome;
mod plan;
mod report;
mod run;
mod serve;
mod servers;
mod session;
mod store;
mod target;
mod targets;
mod task;
mod wal;

use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use error::BoxError;
use plan::{Options, Plan};

const STOPPED: &str = "the bench was interrupted and wrote no results";

/// Measures pg-session and its peers in one run, in turns.
///
/// Starts a durable PostgreSQL (fsync on) and two Redis servers of its own, and fills each with the same sessions.
/// Compare the ratios of one run: absolute numbers drift from run to run.
#[derive(Parser)]
#[command(name = "cargo xtask bench --", bin_name = "cargo xtask bench --", args_conflicts_with_subcommands = true)]
struct Bench {
    #[command(flatten)]
    options: Options,

    #[command(subcommand)]
    command: Option<Command>,
}

/// The parts that the bench runs as child processes of its own program.
#[derive(Subcommand)]
enum Command {
    #[command(hide = true)]
    Serve(serve::Serve),
    #[command(hide = true)]
    Memory(memory::Measure),
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let Bench { options, command } = Bench::parse();
    match command {
        Some(Command::Serve(serve)) => serve.run().await,
        Some(Command::Memory(memory)) => memory.run().await,
        None => {
            let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
            // Dropping the run stops the servers and child processes.
            tokio::select! {
                done = run::run(Plan::new(options)) => done,
                _ = interrupt.recv() => Err(STOPPED.into()),
                _ = terminate.recv() => Err(STOPPED.into()),
            }
        }
    }
}
