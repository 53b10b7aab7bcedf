use clap::Args;
use pg_session_testkit::PgInstall;

use crate::error::Error;
use crate::interrupt::run_or_stop;
use crate::node;
use crate::run::run;
use crate::workspace::workspace;

const CHECK: [&str; 7] = ["cargo", "run", "--quiet", "--release", "--package", "pg-session-check", "--"];

/// Look for promises that are not kept: lost updates, logouts undone, sessions that end early.
///
/// Many clients call two stores on one table at random, also while connections are killed, while the table is altered
/// and while the server misbehaves; with sessions that are in use for longer than their time to live, and with ids that
/// are renewed until `max_age` ends the session. A checker looks at what was answered. tower-sessions-sqlx-store and
/// connect-pg-simple get some of the same calls. Prints the violations per 100,000 calls side by side, and writes them
/// into check/results. Builds for release first. Ctrl-C stops everything.
///
/// Fails where pg-session has a violation, or a call that fails without a reason, and where a peer has not those that it
/// is known for. Takes about half an hour.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct CheckGuarantees {
    /// How many calls pg-session gets, of each workload; its peers get a tenth of it.
    /// [default: 1000000]
    #[arg(long)]
    calls: Option<u32>,

    /// The longest that the calls to one store may take. [default: 900]
    #[arg(long)]
    seconds: Option<u64>,

    /// What decides the calls of each client; when they are answered, it does not. [default: another one each time]
    #[arg(long)]
    seed: Option<u64>,

    /// Only these: pg-session, tower-sessions-sqlx-store, connect-pg-simple.
    #[arg(long)]
    sides: Option<String>,

    /// Only these: plain, killed, aged, renewals, altered, misbehaving.
    #[arg(long)]
    workloads: Option<String>,

    /// Without connections being killed.
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
            ("--sides", self.sides),
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
