//! The store and its peers, side by side in one run: `cargo xtask bench --help`.

mod child;
mod load;
mod memory;
mod million;
mod plan;
mod processor;
mod report;
mod run;
mod serve;
mod servers;
mod sides;
mod task;
mod wal;

use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use plan::{Options, Plan};
use task::Failure;

const STOPPED: &str = "stopped before the end: nothing is written";

/// Measures pg-session beside its peers, all in one run, in turns.
///
/// Starts a durable PostgreSQL (fsync on) and two Redis servers of its own, and fills each with the same sessions.
/// What counts are the ratios: absolute numbers drift from run to run.
#[derive(Parser)]
#[command(name = "cargo xtask bench --", bin_name = "cargo xtask bench --", args_conflicts_with_subcommands = true)]
struct Bench {
    #[command(flatten)]
    options: Options,

    #[command(subcommand)]
    part: Option<Part>,
}

/// What the bench starts in processes of their own.
#[derive(Subcommand)]
enum Part {
    #[command(hide = true)]
    Serve(serve::Serve),
    #[command(hide = true)]
    Memory(memory::Measure),
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let Bench { options, part } = Bench::parse();
    match part {
        Some(Part::Serve(serve)) => serve.run().await,
        Some(Part::Memory(memory)) => memory.run().await,
        None => {
            let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
            // What is dropped stops what it started.
            tokio::select! {
                done = run::run(Plan::new(options)) => done,
                _ = interrupt.recv() => Err(STOPPED.into()),
                _ = terminate.recv() => Err(STOPPED.into()),
            }
        }
    }
}
