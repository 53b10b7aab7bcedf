//! Measures how pg-session behaves in outages: `cargo xtask outages --help`.

mod error;
mod figures;
mod link;
mod load;
mod report;
mod run;
mod scenario;
mod site;
mod warnings;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use error::BoxError;
use load::Load;
use report::Report;
use run::run;
use scenario::Scenario;

const STOPPED: &str = "the measurement was interrupted and wrote no results";

/// Calls a store while its database has an outage, and measures what the callers notice.
#[derive(Parser)]
#[command(name = "cargo xtask outages --", bin_name = "cargo xtask outages --")]
struct Outages {
    /// Run only these scenarios.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Scenario::ALL)]
    scenarios: Vec<Scenario>,

    /// How often each scenario runs. The results are the medians.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,

    /// The number of concurrent callers.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(4..))]
    callers: u32,

    /// How long a caller pauses between two calls, in milliseconds.
    #[arg(long, default_value_t = 10)]
    pause: u64,

    /// How long the outage lasts, in seconds. The scenarios with a silent network take 8 seconds at least.
    #[arg(long, default_value_t = 3)]
    outage: u64,

    /// The folder of the results. [default: check/results]
    #[arg(long)]
    results: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let outages = Outages::parse();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    // Dropping the run stops the servers and poolers.
    tokio::select! {
        done = outages.run() => done,
        _ = interrupt.recv() => Err(STOPPED.into()),
        _ = terminate.recv() => Err(STOPPED.into()),
    }
}

impl Outages {
    async fn run(self) -> Result<(), BoxError> {
        let warnings = warnings::count()?;
        let load = Load { callers: self.callers, pause: Duration::from_millis(self.pause) };
        let outage = Duration::from_secs(self.outage);
        let mut report = Report::new(load, self.runs);
        for scenario in self.scenarios {
            if !scenario.is_possible() {
                eprintln!("skipping {scenario}: install PgBouncer");
                continue;
            }
            let mut figures = Vec::new();
            for number in 1..=self.runs {
                eprint!("{scenario}, run {number} of {}: ", self.runs);
                let measured = run(scenario, load, scenario.length(outage), warnings).await?;
                eprintln!("{measured}");
                figures.push(measured);
            }
            report.add(scenario, figures);
        }
        let results = self.results.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../check/results"));
        Ok(report.write(&results)?)
    }
}
