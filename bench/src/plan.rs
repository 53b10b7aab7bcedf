//! What is measured, for how long.

use std::time::Duration;

use clap::Args;

use crate::task::Operation;

const OPERATIONS: [Operation; 6] =
    [Operation::Get, Operation::Set, Operation::Update, Operation::Touch, Operation::Mix, Operation::Visit];

#[derive(Args)]
pub(crate) struct Options {
    /// About a minute: fewer sessions, short rounds.
    #[arg(long, conflicts_with = "full")]
    quick: bool,

    /// More than an hour: more and longer rounds, 1,000,000 sessions too, and memory over ten minutes.
    #[arg(long)]
    full: bool,

    /// Sessions to fill in. [default: 100000, or 10000 with --quick]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    sessions: Option<u32>,

    /// Only these numbers of callers. [default: 1,16,256,2048, or 1,16,256 with --quick]
    #[arg(long, value_delimiter = ',')]
    callers: Vec<usize>,

    /// Only these operations.
    #[arg(long, value_enum, value_delimiter = ',')]
    operations: Vec<Operation>,

    /// Only sides with one of these in their names, such as `rust/`, `node/pg-session` or `redis`; what is not a side
    /// is `extra/wal`, `extra/memory` and `extra/million`.
    #[arg(long, value_delimiter = ',')]
    sides: Vec<String>,
}

pub(crate) struct Plan {
    /// The name of the files with the results.
    pub(crate) name: &'static str,
    pub(crate) sessions: usize,
    pub(crate) rounds: usize,
    /// For one cell of the table.
    pub(crate) seconds: f64,
    pub(crate) callers: Vec<usize>,
    pub(crate) operations: Vec<Operation>,
    /// How long memory is looked at.
    pub(crate) memory: Duration,
    /// Whether a table of 1,000,000 sessions is compared too.
    pub(crate) million: bool,
    sides: Vec<String>,
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
            million: false,
            sides: options.sides.iter().map(|side| side.to_lowercase()).collect(),
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
            Self { name: "full", rounds: 7, seconds: 3.0, memory: Duration::from_secs(600), million: true, ..usual }
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

    pub(crate) fn wants(&self, side: &str) -> bool {
        self.sides.is_empty() || self.sides.iter().any(|part| side.to_lowercase().contains(part))
    }
}
