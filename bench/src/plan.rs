//! The command line, and the plan it makes: what is measured and for how long.

use std::time::Duration;

use clap::Args;

use crate::task::Operation;

const OPERATIONS: [Operation; 6] =
    [Operation::Get, Operation::Set, Operation::Update, Operation::Touch, Operation::Mix, Operation::Visit];

#[derive(Args)]
pub(crate) struct Options {
    /// Take about a minute: fewer sessions, shorter rounds.
    #[arg(long, conflicts_with = "full")]
    quick: bool,

    /// Take more than an hour: more and longer rounds, also 1,000,000 sessions, and memory over ten minutes.
    #[arg(long)]
    full: bool,

    /// The number of sessions in each store. [default: 100000, or 10000 with --quick]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    sessions: Option<u32>,

    /// Measure only these numbers of concurrent callers. [default: 1,16,256,2048, or 1,16,256 with --quick]
    #[arg(long, value_delimiter = ',')]
    callers: Vec<usize>,

    /// Measure only these operations.
    #[arg(long, value_enum, value_delimiter = ',')]
    operations: Vec<Operation>,

    /// Measure only targets whose name contains one of these, such as `rust/`, `node/pg-session` or `redis`. The
    /// measurements beyond the targets are `extra/wal`, `extra/merge`, `extra/memory` and `extra/million`.
    #[arg(long, value_delimiter = ',')]
    targets: Vec<String>,
}

pub(crate) struct Plan {
    /// The name of the result files.
    pub(crate) name: &'static str,
    pub(crate) sessions: usize,
    pub(crate) rounds: usize,
    /// The time of one measurement.
    pub(crate) seconds: f64,
    pub(crate) callers: Vec<usize>,
    pub(crate) operations: Vec<Operation>,
    /// How long memory is measured.
    pub(crate) memory: Duration,
    /// Whether a table of 1,000,000 sessions is measured too.
    pub(crate) million_sessions: bool,
    targets: Vec<String>,
}

impl Plan {
    pub(crate) fn new(options: Options) -> Self {
        let usual = Self {
            name: "usual",
            sessions: 100_000,
            rounds: 3,
            seconds: 1.0,
            callers: vec![1, 16, 256, 2048],
            operations: OPERATIONS.to_vec(),
            memory: Duration::from_secs(30),
            million_sessions: false,
            targets: options.targets.iter().map(|target| target.to_lowercase()).collect(),
        };
        let mut plan = if options.quick {
            Self {
                name: "quick",
                sessions: 10_000,
                rounds: 2,
                seconds: 0.15,
                callers: vec![1, 16, 256],
                operations: OPERATIONS.into_iter().filter(|operation| *operation != Operation::Mix).collect(),
                memory: Duration::from_secs(5),
                ..usual
            }
        } else if options.full {
            Self {
                name: "full",
                rounds: 7,
                seconds: 3.0,
                memory: Duration::from_secs(600),
                million_sessions: true,
                ..usual
            }
        } else {
            usual
        };
        plan.sessions = options.sessions.map_or(plan.sessions, |sessions| sessions as usize);
        if !options.callers.is_empty() {
            plan.callers = options.callers;
        }
        if !options.operations.is_empty() {
            plan.operations = options.operations;
        }
        plan
    }

    pub(crate) fn wants(&self, target: &str) -> bool {
        self.targets.is_empty() || self.targets.iter().any(|part| target.to_lowercase().contains(part))
    }
}
