use clap::Args;
use pg_session_testkit::PgInstall;

use crate::error::Error;
use crate::interrupt::run_or_stop;
use crate::node;
use crate::run::run;
use crate::workspace::workspace;

const BENCH: [&str; 7] = ["cargo", "run", "--quiet", "--release", "--package", "pg-session-bench", "--"];

/// Measure pg-session beside its peers, in one run, on private servers.
///
/// Starts a durable PostgreSQL and two Redis servers, fills them with sessions, and measures each side in turns: in
/// Rust, in Node, over HTTP, and pgbench. Prints medians and ratios, and writes them with a chart into bench/results.
/// Builds for release first. Ctrl-C stops everything.
///
/// Takes about ten minutes without options; what counts are the ratios of one run on a machine that does nothing else.
/// Single sides, operations and numbers of callers: see `cargo xtask bench -- --help`.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Bench {
    /// About a minute: fewer sessions, short rounds. Shows that all is well rather than how fast it is.
    #[arg(long, conflicts_with = "full")]
    quick: bool,

    /// More than an hour: more and longer rounds, 1,000,000 sessions too, and memory over ten minutes.
    #[arg(long)]
    full: bool,

    /// More options for the bench.
    #[arg(last = true)]
    args: Vec<String>,
}

impl Bench {
    pub(crate) fn run(self) -> Result<(), Error> {
        PgInstall::find_or_fetch()?;
        run(&["cargo", "build", "--release", "--package", "pg-session-bench"], workspace(), |_| ())?;
        if node::installed() {
            node::build_for_release(&node::plainly)?;
            node::install(&workspace().join("bench/node"), &node::plainly)?;
        }
        run_or_stop(&BENCH, |bench| {
            bench.args(self.quick.then_some("--quick")).args(self.full.then_some("--full")).args(&self.args);
        })
    }
}
