//! Random calls by many clients at once, on few sessions, through two stores.

mod client;
mod moves;
mod slot;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::history::{Call, Client, History, Id, Number, Time};
use crate::store::{Failure, Store};
use client::Worker;
use slot::{Kind, Slot};

const CLIENTS: Client = 24;

/// The option `max_age` that the stores of [`Mix::Renewals`] must have.
pub const MAX_AGE: Duration = slot::MAX_AGE;

/// The kind of sessions that the calls are about.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Mix {
    /// Sessions that are set, created and destroyed; that go from id to id; and that expire.
    #[default]
    Plain,
    /// Sessions that outlive their time to live because they are in use, and are then left to expire.
    Aged,
    /// Sessions whose ids are renewed until [`MAX_AGE`] ends them.
    Renewals,
}

impl Mix {
    /// Few, so that clients meet.
    fn slots(self) -> [Kind; 8] {
        use Kind::{Aged, Brief, Moving, Renewed, Steady};
        match self {
            Self::Plain => [Steady, Steady, Steady, Moving, Moving, Moving, Moving, Brief],
            Self::Aged => [Aged; 8],
            Self::Renewals => [Renewed; 8],
        }
    }
}

/// How much is called.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// How many calls; every id is read once more after them.
    pub calls: u32,
    /// The longest that they may take.
    pub time: Duration,
    /// Decides what each client calls, though not when the answers come.
    pub seed: u64,
    /// The kind of sessions.
    pub mix: Mix,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Run {
    /// All calls and answers.
    pub history: History,
    /// How many calls failed.
    pub failed: u32,
    /// Why the first of them did.
    pub failure: Option<String>,
}

/// What all clients share.
struct Shared<S> {
    stores: [S; 2],
    slots: Vec<Mutex<Slot>>,
    next_id: AtomicU32,
    next_number: AtomicU32,
    calls: u32,
    began: Instant,
    end: Instant,
    /// The ids that expire, and their time to live.
    brief: Mutex<BTreeMap<Id, Duration>>,
    failures: Mutex<(u32, Option<String>)>,
}

/// Makes the calls, by two stores on one table.
///
/// # Panics
/// Where a client does, which no store can make it do.
pub async fn run<S: Store>(stores: [S; 2], workload: Workload) -> Run {
    let began = Instant::now();
    let shared = Arc::new(Shared {
        stores,
        slots: workload.mix.slots().into_iter().map(|kind| Mutex::new(Slot::new(kind))).collect(),
        next_id: AtomicU32::new(0),
        next_number: AtomicU32::new(0),
        calls: workload.calls,
        began,
        end: began + workload.time,
        brief: Mutex::default(),
        failures: Mutex::default(),
    });
    let workers = (0..CLIENTS).map(|client| Worker::new(Arc::clone(&shared), client, workload.seed));
    let mut calls = at_once(workers.map(Worker::call_at_random)).await;

    // What is there in the end.
    let ids = shared.next_id.load(Ordering::Relaxed);
    let readers = (0..CLIENTS).map(|client| Worker::new(Arc::clone(&shared), client, workload.seed));
    calls.extend(at_once(readers.map(|reader| reader.read_all(ids))).await);

    calls.sort_by_key(|call| call.number);
    let brief = std::mem::take(&mut *shared.lock(&shared.brief));
    let max_age = (workload.mix == Mix::Renewals).then_some(MAX_AGE);
    let (failed, failure) = std::mem::take(&mut *shared.lock(&shared.failures));
    Run { history: History { calls, brief, max_age, slack: S::SLACK }, failed, failure }
}

async fn at_once(work: impl Iterator<Item = impl Future<Output = Vec<Call>> + Send + 'static>) -> Vec<Call> {
    let mut working = JoinSet::new();
    for work in work {
        working.spawn(work);
    }
    working.join_all().await.into_iter().flatten().collect()
}

impl<S: Store> Shared<S> {
    fn now(&self) -> Time {
        self.began.elapsed()
    }

    fn any_slot(&self, rng: &mut fastrand::Rng) -> &Mutex<Slot> {
        &self.slots[rng.usize(0..self.slots.len())]
    }

    /// None of them is left half done where somebody panics.
    fn lock<'m, T>(&self, mutex: &'m Mutex<T>) -> MutexGuard<'m, T> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn new_id(&self) -> Id {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// None when there are enough calls.
    fn next_number(&self) -> Option<Number> {
        let is_time = Instant::now() < self.end;
        let take = |number| (is_time && number < self.calls).then_some(number + 1);
        self.next_number.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()
    }

    /// For what is called once there are enough.
    fn late_number(&self) -> Number {
        self.next_number.fetch_add(1, Ordering::Relaxed)
    }

    fn failed(&self, failure: &Failure) {
        let mut failures = self.lock(&self.failures);
        failures.0 += 1;
        failures.1.get_or_insert_with(|| failure.to_string());
    }
}
