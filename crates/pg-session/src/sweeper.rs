//! Sweeps in the background.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tracing::{debug, warn};

use crate::core::Core;
use crate::ops;

/// Starts the loop on the current runtime, unless it runs. It ends when the store is closed or dropped, or with its runtime;
/// then the next call starts it again.
pub(crate) fn start(core: &Arc<Core>) {
    if core.is_swept.load(Ordering::Relaxed) || core.options.cleanup_interval.is_zero() {
        return;
    }
    let Ok(runtime) = Handle::try_current() else { return };
    if !core.closing.is_cancelled() && !core.is_swept.swap(true, Ordering::Relaxed) {
        let running = SweeperTask(Arc::downgrade(core));
        runtime.spawn(sweep_at_intervals(running, core.options.cleanup_interval));
    }
}

/// Records in the store that the loop has ended.
struct SweeperTask(Weak<Core>);

impl Drop for SweeperTask {
    fn drop(&mut self) {
        if let Some(core) = self.0.upgrade() {
            core.is_swept.store(false, Ordering::Relaxed);
        }
    }
}

async fn sweep_at_intervals(task: SweeperTask, interval: Duration) {
    let Some(closing) = task.0.upgrade().map(|core| core.closing.clone()) else { return };
    while closing.run_until_cancelled(tokio::time::sleep(jittered(interval))).await.is_some() {
        let Some(core) = task.0.upgrade() else { return };
        match closing.run_until_cancelled(ops::sweep(&core)).await {
            None => return,
            Some(Ok(deleted)) => debug!(deleted, "deleted expired sessions"),
            Some(Err(error)) => warn!(
                error = &error as &dyn std::error::Error,
                ?interval,
                "a sweep failed; it is repeated after the interval"
            ),
        }
    }
}

/// Varies the interval by up to a tenth, so that the instances of an application do not sweep at the same time.
fn jittered(interval: Duration) -> Duration {
    interval.mul_f64(0.9 + 0.2 * fastrand::f64())
}
