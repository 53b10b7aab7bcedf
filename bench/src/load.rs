//! A closed loop: so many callers, each of which asks again as soon as it was answered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use serde::Serialize;
use tokio::task::JoinSet;

use crate::sides::{Failure, Side};

#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    Get,
    Set,
    Touch,
    /// 80 % get, 15 % touch, 5 % set.
    Mix,
}

impl Operation {
    pub(crate) const ALL: [Self; 4] = [Self::Get, Self::Set, Self::Touch, Self::Mix];

    fn one(self) -> Self {
        match self {
            Self::Mix => match fastrand::u8(0..100) {
                0..80 => Self::Get,
                80..95 => Self::Touch,
                _ => Self::Set,
            },
            one => one,
        }
    }
}

/// What one cell came to.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Outcome {
    pub(crate) per_second: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
}

/// The id of a session by its number: random to look at, and the same on every side.
pub(crate) fn id(number: usize) -> String {
    let mut random = fastrand::Rng::with_seed(number as u64);
    format!("{:016x}{:016x}", random.u64(..), random.u64(..))
}

/// About 300 bytes of JSON.
pub(crate) fn data(number: usize) -> String {
    format!(r#"{{"user":{{"id":{number},"name":"Visitor {number}"}},"views":1,"pad":"{}"}}"#, "x".repeat(230))
}

pub(crate) async fn fill(side: &Arc<dyn Side>, sessions: usize) -> Result<(), Failure> {
    let callers = 256;
    let mut filling = JoinSet::new();
    for caller in 0..callers {
        let side = Arc::clone(side);
        filling.spawn(async move {
            for number in (caller..sessions).step_by(callers) {
                side.set(&id(number), &data(number)).await?;
            }
            Ok::<_, Failure>(())
        });
    }
    while let Some(done) = filling.join_next().await {
        done??;
    }
    Ok(())
}

pub(crate) async fn measure(
    side: &Arc<dyn Side>,
    operation: Operation,
    callers: usize,
    sessions: usize,
    time: Duration,
) -> Result<Outcome, Failure> {
    let warm = Instant::now() + time / 5;
    let end = warm + time;
    let mut calling = JoinSet::new();
    for _ in 0..callers {
        let side = Arc::clone(side);
        calling.spawn(async move {
            let mut taken = Vec::new();
            loop {
                let number = fastrand::usize(0..sessions);
                let id = id(number);
                let began = Instant::now();
                if began >= end {
                    return Ok::<_, Failure>(taken);
                }
                match operation.one() {
                    Operation::Set => side.set(&id, &data(number)).await?,
                    Operation::Touch => side.touch(&id).await?,
                    Operation::Get | Operation::Mix => side.get(&id).await?,
                }
                if began >= warm {
                    taken.push(began.elapsed());
                }
            }
        });
    }
    let mut taken = Vec::new();
    while let Some(done) = calling.join_next().await {
        taken.extend(done??);
    }
    taken.sort_unstable();
    let at = |share: f64| taken.get((taken.len() as f64 * share) as usize).map_or(0.0, |time| time.as_secs_f64() * 1e6);
    Ok(Outcome { per_second: taken.len() as f64 / time.as_secs_f64(), p50_us: at(0.5), p99_us: at(0.99) })
}
