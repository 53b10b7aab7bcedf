//! The background loop around `ops/sweep`.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::task::JoinHandle;
use tracing::{debug, warn};

use crate::core::Core;
use crate::ops;

/// The loop's task, once it was started.
pub(crate) type Sweeper = Mutex<Option<JoinHandle<()>>>;

/// Starts the loop unless it runs. It ends when the store is closed or dropped.
pub(crate) fn start(core: &Arc<Core>) {
    let mut sweeper = core.sweeper.lock().unwrap_or_else(PoisonError::into_inner);
    let runs = sweeper.as_ref().is_some_and(|task| !task.is_finished());
    if !runs && !core.options.cleanup_interval.is_zero() {
        *sweeper = Some(tokio::spawn(sweep_at_intervals(Arc::downgrade(core), core.options.cleanup_interval)));
    }
}

async fn sweep_at_intervals(core: Weak<Core>, interval: Duration) {
    let Some(closing) = core.upgrade().map(|core| core.closing.clone()) else { return };
    while closing.run_until_cancelled(tokio::time::sleep(jittered(interval))).await.is_some() {
        let Some(core) = core.upgrade() else { return };
        match closing.run_until_cancelled(ops::sweep(&core)).await {
            None => return,
            Some(Ok(deleted)) => debug!(deleted, "swept the expired sessions"),
            Some(Err(error)) => warn!(%error, "a sweep failed; the next one comes in {interval:?}"),
        }
    }
}

/// Give or take a tenth, so that the instances of an application do not all sweep at the same second.
fn jittered(interval: Duration) -> Duration {
    interval.mul_f64(0.9 + 0.2 * fastrand::f64())
}
