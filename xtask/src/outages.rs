use clap::Args;
use pg_session_testkit::PgInstall;

use crate::error::Error;
use crate::interrupt::run_or_stop;
use crate::run::run;
use crate::workspace::workspace;

const PACKAGE: [&str; 3] = ["--release", "--package", "pg-session-outages"];

/// Measure outages: how many calls fail, how long they take, and when the store has recovered.
///
/// Concurrent callers use a store while its server restarts, crashes, fails over, disappears from the network, accepts no
/// writes, has a full disk, is down behind PgBouncer, has locked rows, or has no place for connections. Prints the calls
/// that failed, the longest call, the time to recover, the logins and the warnings, and writes them to check/results.
/// Builds for release first. Ctrl-C stops the measurement and its servers. Takes about six minutes.
#[derive(Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example: one run of two scenarios\n  \
                  cargo xtask outages --scenarios restart,pooler --runs 1"
)]
pub(crate) struct Outages {
    /// Run only these: restart, crash, failover, vanished-primary, vanished-server, firewall, read-only, full-disk, pooler,
    /// locked-rows, no-slots.
    #[arg(long, verbatim_doc_comment)]
    scenarios: Option<String>,

    /// How often each scenario runs. The results are the medians. [default: 3]
    #[arg(long)]
    runs: Option<u32>,

    /// The number of concurrent callers. [default: 32]
    #[arg(long)]
    callers: Option<u32>,

    /// How long a caller pauses between two calls, in milliseconds. [default: 10]
    #[arg(long)]
    pause: Option<u64>,

    /// How long the outage lasts, in seconds. [default: 3]
    #[arg(long)]
    outage: Option<u64>,

    /// The folder of the results. [default: check/results]
    #[arg(long)]
    results: Option<String>,

    /// Build without optimization, which is faster to build and slower to run.
    #[arg(long)]
    debug: bool,
}

impl Outages {
    pub(crate) fn run(self) -> Result<(), Error> {
        PgInstall::find_or_fetch()?;
        let package = if self.debug { &PACKAGE[1..] } else { &PACKAGE };
        run(&[&["cargo", "build"], package].concat(), workspace(), |_| ())?;
        let options = [
            ("--scenarios", self.scenarios),
            ("--runs", self.runs.map(|runs| runs.to_string())),
            ("--callers", self.callers.map(|callers| callers.to_string())),
            ("--pause", self.pause.map(|pause| pause.to_string())),
            ("--outage", self.outage.map(|outage| outage.to_string())),
            ("--results", self.results),
        ];
        run_or_stop(&[&["cargo", "run", "--quiet"], package, &["--"]].concat(), |outages| {
            for (option, value) in options {
                outages.args(value.map(|value| [option.to_owned(), value]).into_iter().flatten());
            }
        })
    }
}
