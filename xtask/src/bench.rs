use clap::Args;
use pg_session_testkit::PgInstall;

use crate::error::Error;
use crate::interrupt::run_or_stop;
use crate::node;
use crate::run::run;
use crate::workspace::workspace;

const BENCH: [&str; 7] = ["cargo", "run", "--quiet", "--release", "--package", "pg-session-bench", "--"];

/// Measure pg-session and its peers in one run, on private servers.
///
/// Starts a durable PostgreSQL and two Redis servers, fills them with sessions, and measures the targets in turn: in
/// Rust, in Node, over HTTP, and pgbench. Prints medians and ratios, and writes them with a chart to bench/results.
/// Builds for release first. Ctrl-C stops the bench and its servers.
///
/// Takes about a quarter of an hour without options. Run it on an idle machine, and compare only the ratios of one run.
/// `cargo xtask bench -- --help` shows how to choose targets, operations and numbers of callers.
#[derive(Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:\n  cargo xtask bench --quick\n  cargo xtask bench -- --targets rust/ --operations get"
)]
pub(crate) struct Bench {
    /// Take about a minute: fewer sessions and shorter rounds. The results are only rough.
    #[arg(long, conflicts_with = "full")]
    quick: bool,

    /// Take more than an hour: more and longer rounds, also 1,000,000 sessions, and memory over ten minutes.
    #[arg(long)]
    full: bool,

    /// Further options of the bench.
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
