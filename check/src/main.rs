//! `cargo xtask check-guarantees --help`.

mod report;
mod sides;
mod variant;

use std::path::Path;
use std::time::Duration;

use clap::Parser;
use pg_session_check::Failure;
use pg_session_testkit::Server;
use tokio::signal::unix::{SignalKind, signal};

use report::Report;
use sides::Side;
use variant::Variant;

const STOPPED: &str = "stopped before the end: nothing is written";

/// Calls each store at random, and looks in the answers for promises that were not kept.
///
/// Fails where pg-session has a violation, and where a peer has not those that it is known for: then the checker is
/// wrong.
#[derive(Parser)]
#[command(name = "cargo xtask check-guarantees --", bin_name = "cargo xtask check-guarantees --")]
struct Check {
    /// How many calls pg-session gets, of each workload; its peers get a tenth of it.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1000..))]
    calls: u32,

    /// The longest that the calls to one store may take, in seconds.
    #[arg(long, default_value_t = 900)]
    seconds: u64,

    /// What decides the calls of each client. [default: another one each time]
    #[arg(long)]
    seed: Option<u64>,

    /// Only these.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Side::ALL)]
    sides: Vec<Side>,

    /// Only these. Its peers get `plain` and `killed` alone.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Variant::ALL)]
    workloads: Vec<Variant>,

    /// Without connections being killed.
    #[arg(long)]
    no_kills: bool,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let check = Check::parse();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    // What is dropped stops what it started.
    tokio::select! {
        done = check.run() => done,
        _ = interrupt.recv() => Err(STOPPED.into()),
        _ = terminate.recv() => Err(STOPPED.into()),
    }
}

impl Check {
    async fn run(self) -> Result<(), Failure> {
        eprintln!("starting PostgreSQL");
        let server = Server::start()?;
        let seed = self.seed.unwrap_or_else(|| fastrand::u64(..));
        let mut report = Report::new(seed);
        for side in self.sides {
            if !side.is_installed() {
                eprintln!("without {side}: Node is missing, or what `npm ci` installs into bench/node");
                continue;
            }
            for variant in &self.workloads {
                if side.has(*variant) && !(self.no_kills && *variant == Variant::Killed) {
                    let calls = if side.is_ours() { self.calls } else { self.calls / 10 };
                    let workload = variant.workload(calls, Duration::from_secs(self.seconds), seed);
                    report.add(side.check(&server, workload, *variant).await?);
                }
            }
        }
        report.write(&Path::new(env!("CARGO_MANIFEST_DIR")).join("results"))?;
        report.verdict()
    }
}
