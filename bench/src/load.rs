//! A closed loop in this process: each caller makes its next call as soon as the last one returns.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::error::BoxError;
use crate::outcome::Outcome;
use crate::session::{data, id};
use crate::store::Store;
use crate::task::{Operation, Task};

/// How many tasks fill a store concurrently.
const FILLERS: usize = 256;

/// How many sessions are read back and compared after a store is filled.
const READ_BACK: usize = 100;

/// Inserts the sessions numbered from 0, and reads some of them back.
pub(crate) async fn fill(store: &Arc<dyn Store>, sessions: usize) -> Result<(), BoxError> {
    let mut fillers = JoinSet::new();
    for filler in 0..FILLERS {
        let store = Arc::clone(store);
        fillers.spawn(async move {
            for number in (filler..sessions).step_by(FILLERS) {
                store.insert(&id(number), &data(number)).await?;
            }
            Ok::<_, BoxError>(())
        });
    }
    while let Some(done) = fillers.join_next().await {
        done??;
    }
    for _ in 0..READ_BACK {
        let number = fastrand::usize(0..sessions);
        let (stored, expected) = (store.read(&id(number)).await?, serde_json::from_str(&data(number))?);
        if stored != Some(expected) {
            return Err(format!("session {number} reads back as {stored:?}, not as it was set").into());
        }
    }
    Ok(())
}

/// Makes calls on random sessions.
pub(crate) async fn measure(store: &Arc<dyn Store>, task: Task) -> Result<Outcome, BoxError> {
    let callers = (0..task.callers).map(|_| RandomCaller { store: Arc::clone(store), task });
    closed_loop(callers.collect(), task.seconds).await
}

pub(crate) trait Caller: Send + 'static {
    /// Makes one call.
    fn call(&mut self) -> impl Future<Output = Result<(), BoxError>> + Send;
}

/// Runs all callers concurrently and times their calls.
pub(crate) async fn closed_loop(callers: Vec<impl Caller>, seconds: f64) -> Result<Outcome, BoxError> {
    let time = Duration::from_secs_f64(seconds);
    let warm = Instant::now() + time / 5;
    let end = warm + time;
    let mut running = JoinSet::new();
    for caller in callers {
        running.spawn(call_until(end, warm, caller));
    }
    let mut latencies = Vec::new();
    while let Some(done) = running.join_next().await {
        latencies.extend(done??);
    }
    Ok(outcome(latencies, seconds))
}

/// Returns the latency of each call that began after the warm-up.
async fn call_until(end: Instant, warm: Instant, mut caller: impl Caller) -> Result<Vec<Duration>, BoxError> {
    let mut latencies = Vec::new();
    loop {
        let began = Instant::now();
        if began >= end {
            return Ok(latencies);
        }
        caller.call().await?;
        if began >= warm {
            latencies.push(began.elapsed());
        }
    }
}

struct RandomCaller {
    store: Arc<dyn Store>,
    task: Task,
}

impl Caller for RandomCaller {
    async fn call(&mut self) -> Result<(), BoxError> {
        call_at_random(self.store.as_ref(), self.task.operation, self.task.sessions).await
    }
}

/// Makes one call on a random session.
pub(crate) async fn call_at_random(store: &dyn Store, operation: Operation, sessions: usize) -> Result<(), BoxError> {
    let number = fastrand::usize(0..sessions);
    let id = id(number);
    let operation = match (operation, fastrand::u8(0..100)) {
        (Operation::Mix, 0..80) => Operation::Get,
        (Operation::Mix, 80..95) => Operation::Touch,
        (Operation::Mix, _) => Operation::Set,
        (operation, _) => operation,
    };
    match operation {
        Operation::Set => store.set(&id, &data(number)).await,
        Operation::Touch => store.touch(&id).await,
        Operation::Get | Operation::Mix | Operation::Update | Operation::Visit => store.get(&id).await,
    }
}

fn outcome(mut latencies: Vec<Duration>, seconds: f64) -> Outcome {
    latencies.sort_unstable();
    let percentile = |share: f64| latencies.get((latencies.len() as f64 * share) as usize);
    let microseconds = |share| percentile(share).map(|time| time.as_secs_f64() * 1e6);
    Outcome {
        per_second: latencies.len() as f64 / seconds,
        p50_us: microseconds(0.5),
        p99_us: microseconds(0.99),
        ..Outcome::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_has_the_throughput_and_the_percentiles() {
        let latencies = (1..=1000).rev().map(Duration::from_micros).collect();
        let Outcome { per_second, p50_us, p99_us, .. } = outcome(latencies, 2.0);
        assert_eq!((per_second, p50_us.map(f64::round), p99_us.map(f64::round)), (500.0, Some(501.0), Some(991.0)));
        assert_eq!(outcome(Vec::new(), 1.0), Outcome::default());
    }
}
