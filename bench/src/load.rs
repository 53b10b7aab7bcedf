//! A closed loop in this process: so many callers, each of which asks again as soon as it was answered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::sides::{Label, Side};
use crate::task::{Failure, Operation, Outcome, Task, data, id};

const FILLERS: usize = 256;

/// How many sessions are read back and compared after a store was filled.
const READ_BACK: usize = 100;

/// A store that is called in this process, by the means that its users have.
#[async_trait]
pub(crate) trait Store: Send + Sync {
    /// As a request begins; a session that is missing is a failure.
    async fn get(&self, id: &str) -> Result<(), Failure>;

    async fn set(&self, id: &str, data: &str) -> Result<(), Failure>;

    async fn touch(&self, id: &str) -> Result<(), Failure>;

    /// What is kept under the id.
    async fn read(&self, id: &str) -> Result<Option<Value>, Failure>;

    /// The first set of an id.
    async fn insert(&self, id: &str, data: &str) -> Result<(), Failure> {
        self.set(id, data).await
    }
}

/// A session that was filled in is missing: what was measured is not what it should be.
pub(crate) fn found<T>(session: Option<T>) -> Result<(), Failure> {
    session.map(drop).ok_or_else(|| "a session is missing: the store lost what it was given".into())
}

/// Such a store as a side. `does` says which cells of the table tell anything.
pub(crate) struct InProcess {
    label: Label,
    store: Arc<dyn Store>,
    does: fn(Operation, usize) -> bool,
}

impl InProcess {
    pub(crate) fn new(label: Label, store: impl Store + 'static) -> Self {
        let does = |operation, _| !matches!(operation, Operation::Update | Operation::Visit);
        Self { label, store: Arc::new(store), does }
    }

    pub(crate) fn only(self, does: fn(Operation, usize) -> bool) -> Self {
        Self { does, ..self }
    }
}

#[async_trait]
impl Side for InProcess {
    fn label(&self) -> Label {
        self.label
    }

    fn does(&self, operation: Operation, callers: usize) -> bool {
        (self.does)(operation, callers)
    }

    async fn fill(&mut self, sessions: usize) -> Result<(), Failure> {
        fill(&self.store, sessions).await
    }

    async fn measure(&mut self, task: Task) -> Result<Outcome, Failure> {
        measure(&self.store, task).await
    }
}

/// Inserts the sessions with the numbers from 0 on, and reads some of them back.
pub(crate) async fn fill(store: &Arc<dyn Store>, sessions: usize) -> Result<(), Failure> {
    let mut filling = JoinSet::new();
    for filler in 0..FILLERS {
        let store = Arc::clone(store);
        filling.spawn(async move {
            for number in (filler..sessions).step_by(FILLERS) {
                store.insert(&id(number), &data(number)).await?;
            }
            Ok::<_, Failure>(())
        });
    }
    while let Some(done) = filling.join_next().await {
        done??;
    }
    for _ in 0..READ_BACK {
        let number = fastrand::usize(0..sessions);
        let (kept, given) = (store.read(&id(number)).await?, serde_json::from_str(&data(number))?);
        if kept != Some(given) {
            return Err(format!("session {number} reads back as {kept:?}, not as it was set").into());
        }
    }
    Ok(())
}

pub(crate) async fn measure(store: &Arc<dyn Store>, task: Task) -> Result<Outcome, Failure> {
    let callers = (0..task.callers).map(|_| Anywhere { store: Arc::clone(store), task });
    closed_loop(callers.collect(), task.seconds).await
}

/// Who asks again as soon as it was answered.
pub(crate) trait Caller: Send + 'static {
    /// One call.
    fn call(&mut self) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What comes of all these callers at once.
pub(crate) async fn closed_loop(callers: Vec<impl Caller>, seconds: f64) -> Result<Outcome, Failure> {
    let time = Duration::from_secs_f64(seconds);
    let warm = Instant::now() + time / 5;
    let end = warm + time;
    let mut calling = JoinSet::new();
    for caller in callers {
        calling.spawn(until(end, warm, caller));
    }
    let mut taken = Vec::new();
    while let Some(done) = calling.join_next().await {
        taken.extend(done??);
    }
    Ok(outcome(taken, seconds))
}

/// How long each call took that began after the warm-up.
async fn until(end: Instant, warm: Instant, mut caller: impl Caller) -> Result<Vec<Duration>, Failure> {
    let mut taken = Vec::new();
    loop {
        let began = Instant::now();
        if began >= end {
            return Ok(taken);
        }
        caller.call().await?;
        if began >= warm {
            taken.push(began.elapsed());
        }
    }
}

/// Calls a store, each time on any of the sessions.
struct Anywhere {
    store: Arc<dyn Store>,
    task: Task,
}

impl Caller for Anywhere {
    async fn call(&mut self) -> Result<(), Failure> {
        let number = fastrand::usize(0..self.task.sessions);
        one(self.store.as_ref(), self.task.operation, &id(number), number).await
    }
}

/// One call of a kind.
pub(crate) async fn one(store: &dyn Store, operation: Operation, id: &str, number: usize) -> Result<(), Failure> {
    let operation = match (operation, fastrand::u8(0..100)) {
        (Operation::Mix, 0..80) => Operation::Get,
        (Operation::Mix, 80..95) => Operation::Touch,
        (Operation::Mix, _) => Operation::Set,
        (operation, _) => operation,
    };
    match operation {
        Operation::Set => store.set(id, &data(number)).await,
        Operation::Touch => store.touch(id).await,
        Operation::Get | Operation::Mix | Operation::Update | Operation::Visit => store.get(id).await,
    }
}

fn outcome(mut taken: Vec<Duration>, seconds: f64) -> Outcome {
    taken.sort_unstable();
    let at = |share: f64| taken.get((taken.len() as f64 * share) as usize).map(|time| time.as_secs_f64() * 1e6);
    Outcome { per_second: taken.len() as f64 / seconds, p50_us: at(0.5), p99_us: at(0.99), ..Outcome::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_has_the_middle_and_the_slow_end() {
        let taken = (1..=1000).rev().map(Duration::from_micros).collect();
        let Outcome { per_second, p50_us, p99_us, .. } = outcome(taken, 2.0);
        assert_eq!((per_second, p50_us.map(f64::round), p99_us.map(f64::round)), (500.0, Some(501.0), Some(991.0)));
        assert_eq!(outcome(Vec::new(), 1.0), Outcome::default());
    }
}
