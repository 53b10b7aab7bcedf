//! The callers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::BoxError;
use fastrand::Rng;
use pg_session::{Error, PgStore};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// How many sessions there are.
const SESSIONS: u32 = 200;

/// How many of them the scenario with locked rows locks. A quarter of the callers uses only these, and the others never.
pub(crate) const LOCKED: u32 = 20;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) callers: u32,
    pub(crate) pause: Duration,
}

/// What was recorded of the calls.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) calls: u64,
    /// The failed calls, by the kind of the error and its SQLSTATE.
    pub(crate) failed: BTreeMap<String, u64>,
    pub(crate) longest: Duration,
    pub(crate) last_failure: Option<Instant>,
    /// When the last call began that failed.
    pub(crate) last_doomed: Option<Instant>,
    /// When each operation succeeded for the first time after the cause was gone.
    pub(crate) first_successes: BTreeMap<&'static str, Instant>,
}

pub(crate) struct Running {
    shared: Arc<Shared>,
    callers: JoinSet<()>,
}

struct Shared {
    store: PgStore,
    record: Mutex<Record>,
    /// When the last call of each caller ended.
    ended: Mutex<Vec<Instant>>,
    /// Whether the cause of the outage is gone.
    is_over: AtomicBool,
    stop: AtomicBool,
    counts_locked: bool,
}

pub(crate) fn id(session: u32) -> String {
    format!("session {session}")
}

impl Load {
    /// Creates the sessions, and starts the callers. `counts_locked` says whether the calls on the rows that may be locked are
    /// recorded, too.
    pub(crate) async fn start(self, store: PgStore, counts_locked: bool) -> Result<Running, BoxError> {
        for session in 0..SESSIONS {
            store.set(&id(session), &json!({ "visits": 0 }), None).await?;
        }
        let shared = Arc::new(Shared {
            store,
            record: Mutex::default(),
            ended: Mutex::new(vec![Instant::now(); self.callers as usize]),
            is_over: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            counts_locked,
        });
        let mut callers = JoinSet::new();
        for caller in 0..self.callers {
            callers.spawn(Arc::clone(&shared).call(caller, self.pause));
        }
        Ok(Running { shared, callers })
    }
}

impl Running {
    /// Starts to watch for the first success of each operation.
    pub(crate) fn over(&self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
    }

    /// Forgets what was recorded so far.
    pub(crate) fn forget(&self) {
        *self.shared.record() = Record::default();
    }

    /// Returns whether each operation has succeeded since the cause was gone, none has failed for this long, and no call has
    /// waited for this long.
    pub(crate) fn is_calm_for(&self, time: Duration) -> bool {
        let waits = self.shared.ended().iter().any(|ended| ended.elapsed() > time);
        let record = self.shared.record();
        let is_calm = record.last_failure.is_none_or(|last| last.elapsed() > time);
        is_calm && !waits && record.first_successes.len() == OPERATIONS.len()
    }

    /// Stops the callers after their current calls.
    pub(crate) async fn stop(mut self) -> Record {
        self.shared.stop.store(true, Ordering::SeqCst);
        while self.callers.join_next().await.is_some() {}
        std::mem::take(&mut *self.shared.record())
    }
}

const OPERATIONS: [&str; 4] = ["get", "set", "touch", "update"];

impl Shared {
    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ended(&self) -> MutexGuard<'_, Vec<Instant>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn call(self: Arc<Self>, caller: u32, pause: Duration) {
        let mut rng = Rng::new();
        let uses_locked = caller.is_multiple_of(4);
        let is_recorded = self.counts_locked || !uses_locked;
        while !self.stop.load(Ordering::SeqCst) {
            let session = if uses_locked { rng.u32(0..LOCKED) } else { rng.u32(LOCKED..SESSIONS) };
            let (id, data) = (id(session), json!({ "visits": rng.u32(..) }));
            match rng.u8(0..8) {
                0..3 => drop(self.measure("get", is_recorded, self.store.get(&id)).await),
                3 => drop(self.measure("set", is_recorded, self.store.set(&id, &data, None)).await),
                4..6 => drop(self.measure("touch", is_recorded, self.store.touch(&id, None)).await),
                _ => {
                    if let Some(Some(base)) = self.measure("get", is_recorded, self.store.get(&id)).await {
                        self.measure("update", is_recorded, self.store.update(&base, &data, None)).await;
                    }
                }
            }
            self.ended()[caller as usize] = Instant::now();
            sleep(pause).await;
        }
    }

    async fn measure<T>(
        &self,
        operation: &'static str,
        is_recorded: bool,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Option<T> {
        let began_after = self.is_over.load(Ordering::SeqCst);
        let began = Instant::now();
        let outcome = call.await;
        let now = Instant::now();
        if is_recorded {
            let mut record = self.record();
            record.calls += 1;
            record.longest = record.longest.max(now - began);
            match &outcome {
                Ok(_) if began_after => {
                    record.first_successes.entry(operation).or_insert(now);
                }
                Ok(_) => {}
                Err(error) => {
                    let sqlstate = error.sqlstate().map(|sqlstate| format!(" {sqlstate}")).unwrap_or_default();
                    *record.failed.entry(format!("{}{sqlstate}", error.kind())).or_default() += 1;
                    record.last_failure = Some(now);
                    record.last_doomed = record.last_doomed.max(Some(began));
                }
            }
        }
        outcome.ok()
    }
}
