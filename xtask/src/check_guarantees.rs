use clap::Args;
use pg_session_testkit::PgInstall;

use crate::error::Error;
use crate::interrupt::run_or_stop;
use crate::node;
use crate::run::run;
use crate::workspace::workspace;

const CHECK: [&str; 7] = ["cargo", "run", "--quiet", "--release", "--package", "pg-session-check", "--"];

/// Search for violations of the guarantees, such as lost updates, undone logouts and sessions that end early.
///
/// Many clients make random calls to two stores on one table. Meanwhile, depending on the workload, connections are
/// killed, the table is altered, the server misbehaves, sessions outlive their time to live, or ids are renewed until
/// `max_age` ends the session. A checker then examines every answer. tower-sessions-sqlx-store and connect-pg-simple
/// run some of the same workloads. Prints the violations per 100,000 calls, and writes them to check/results. Builds
/// for release first. Ctrl-C stops the check and its server.
///
/// Fails if pg-session has a violation or an unexplained error, or if a peer does not show its known violations. Takes
/// about half an hour.
#[derive(Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example: a short check of pg-session\n  \
                  cargo xtask check-guarantees --targets pg-session --workloads plain,killed --calls 20000"
)]
pub(crate) struct CheckGuarantees {
    /// The number of calls to pg-session in each workload. Its peers get a tenth of it. [default: 1000000]
    #[arg(long)]
    calls: Option<u32>,

    /// The time limit for the calls to one store, in seconds. [default: 900]
    #[arg(long)]
    seconds: Option<u64>,

    /// The seed of the random calls. It does not determine their timing. [default: random]
    #[arg(long)]
    seed: Option<u64>,

    /// Check only these: pg-session, tower-sessions-sqlx-store, connect-pg-simple.
    #[arg(long)]
    targets: Option<String>,

    /// Run only these: plain, killed, aged, renewals, altered, misbehaving.
    #[arg(long)]
    workloads: Option<String>,

    /// Kill no connections.
    #[arg(long)]
    no_kills: bool,
}

impl CheckGuarantees {
    pub(crate) fn run(self) -> Result<(), Error> {
        PgInstall::find_or_fetch()?;
        run(&["cargo", "build", "--release", "--package", "pg-session-check"], workspace(), |_| ())?;
        if node::installed() {
            node::install(&workspace().join("bench/node"), &node::plainly)?;
        }
        let options = [
            ("--calls", self.calls.map(|calls| calls.to_string())),
            ("--seconds", self.seconds.map(|seconds| seconds.to_string())),
            ("--seed", self.seed.map(|seed| seed.to_string())),
            ("--targets", self.targets),
            ("--workloads", self.workloads),
        ];
        run_or_stop(&CHECK, |check| {
            for (option, value) in options {
                check.args(value.map(|value| [option.to_owned(), value]).into_iter().flatten());
            }
            check.args(self.no_kills.then_some("--no-kills"));
        })
    }
}
