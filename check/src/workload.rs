//! Random concurrent calls by many clients, on few sessions, through two stores on one table.

mod actions;
mod client;
mod shared;
mod slot;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::history::{Call, Client, History};
use crate::store::Store;
use client::Worker;
use shared::{Failures, Shared};
use slot::{Slot, SlotKind};

const CLIENTS: Client = 24;

/// The option `max_age` that the stores of [`Mix::Renewals`] must have.
pub const MAX_AGE: Duration = slot::MAX_AGE;

/// The kinds of sessions that the calls are about.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Mix {
    /// Sessions that are set, created and destroyed, sessions that are rotated, and sessions that expire.
    #[default]
    Plain,
    /// Sessions that stay in use for longer than their time to live, and are then left to expire.
    Aged,
    /// Sessions whose ids are renewed until [`MAX_AGE`] ends them.
    Renewals,
}

impl Mix {
    /// Returns the kind of each slot. Few slots make clients meet on the same sessions.
    fn slots(self) -> [SlotKind; 8] {
        use SlotKind::{Aged, Renewed, Rotated, ShortLived, Steady};
        match self {
            Self::Plain => [Steady, Steady, Steady, Rotated, Rotated, Rotated, Rotated, ShortLived],
            Self::Aged => [Aged; 8],
            Self::Renewals => [Renewed; 8],
        }
    }
}

/// The size of a run and the kind of its calls.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// The number of calls. Afterwards, every id is read once more.
    pub calls: u32,
    /// The longest time that the calls may take.
    pub time: Duration,
    /// Determines what each client calls, though not when the answers arrive.
    pub seed: u64,
    /// The kinds of sessions.
    pub mix: Mix,
}

/// The outcome of a run.
#[derive(Debug, Default)]
pub struct Run {
    /// All calls and answers.
    pub history: History,
    /// How many calls failed.
    pub failed: u32,
    /// Why the first of them failed.
    pub failure: Option<String>,
}

/// Makes the calls through two stores on one table.
///
/// # Panics
/// Panics if a client panics, which no answer of a store causes.
pub async fn run<S: Store>(stores: [S; 2], workload: Workload) -> Run {
    let Workload { calls, time, seed, mix } = workload;
    let shared = Arc::new(Shared::new(stores, mix.slots().into_iter().map(Slot::new), calls, time));
    let workers = || (0..CLIENTS).map(|client| Worker::new(Arc::clone(&shared), client, seed));
    let mut calls = run_concurrently(workers().map(Worker::call_at_random)).await;

    // The final state shows whether the last changes lasted.
    let ids = shared.ids();
    let last_reads = workers().zip(0..).map(|(worker, first)| worker.read_all((first..ids).step_by(CLIENTS as usize)));
    calls.extend(run_concurrently(last_reads).await);

    calls.sort_by_key(|call| call.number);
    let max_age = (mix == Mix::Renewals).then_some(MAX_AGE);
    let Failures { count, first } = shared.take_failures();
    let history = History { calls, short_lived: shared.take_short_lived(), max_age, slack: S::SLACK };
    Run { history, failed: count, failure: first }
}

async fn run_concurrently(work: impl Iterator<Item = impl Future<Output = Vec<Call>> + Send + 'static>) -> Vec<Call> {
    let mut tasks = JoinSet::new();
    for work in work {
        tasks.spawn(work);
    }
    tasks.join_all().await.into_iter().flatten().collect()
}
