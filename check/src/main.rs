//! Checks the guarantees of pg-session and its peers: `cargo xtask check-guarantees --help`.

mod check_target;
mod outcome;
mod report;
mod target;
mod variant;

use std::path::Path;
use std::time::Duration;

use clap::Parser;
use pg_session_check::BoxError;
use pg_session_testkit::Server;
use tokio::signal::unix::{SignalKind, signal};

use check_target::check_target;
use report::Report;
use target::Target;
use variant::Variant;

const STOPPED: &str = "the check was interrupted and wrote no results";

/// Makes random calls to each store, and checks the answers for broken promises.
///
/// Fails if pg-session breaks one, or if the checker does not find those that the peers are known to break.
#[derive(Parser)]
#[command(name = "cargo xtask check-guarantees --", bin_name = "cargo xtask check-guarantees --")]
struct Check {
    /// The number of calls to pg-session in each workload. Its peers get a tenth of it.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1000..))]
    calls: u32,

    /// The longest time that the calls of one workload may take, in seconds.
    #[arg(long, default_value_t = 900)]
    seconds: u64,

    /// The seed of the random calls. [default: random]
    #[arg(long)]
    seed: Option<u64>,

    /// Check only these stores.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Target::ALL)]
    targets: Vec<Target>,

    /// Run only these workloads. The peers get only `plain` and `killed`.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Variant::ALL)]
    workloads: Vec<Variant>,

    /// Leave out the workload `killed`.
    #[arg(long)]
    no_kills: bool,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let check = Check::parse();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    // Dropping the check stops the servers and child processes.
    tokio::select! {
        done = check.run() => done,
        _ = interrupt.recv() => Err(STOPPED.into()),
        _ = terminate.recv() => Err(STOPPED.into()),
    }
}

impl Check {
    async fn run(self) -> Result<(), BoxError> {
        eprintln!("starting PostgreSQL");
        let server = Server::start()?;
        let seed = self.seed.unwrap_or_else(|| fastrand::u64(..));
        let mut report = Report::new(seed);
        for target in self.targets {
            if !target.is_installed() {
                eprintln!("skipping {target}: install Node, and run `npm ci` in bench/node");
                continue;
            }
            for variant in &self.workloads {
                if target.supports(*variant) && !(self.no_kills && *variant == Variant::Killed) {
                    let calls = if target.is_pg_session() { self.calls } else { self.calls / 10 };
                    let workload = variant.workload(calls, Duration::from_secs(self.seconds), seed);
                    report.add(check_target(target, &server, workload, *variant).await?);
                }
            }
        }
        report.write(&Path::new(env!("CARGO_MANIFEST_DIR")).join("results"))?;
        report.verdict()
    }
}
