//! Polls a lane on a runtime of the application. If that runtime ends or stands still, the rescue runtime takes the lane over,
//! with its connection and all that is in flight.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use super::rescue;
use crate::backend::home::Home;

type LaneFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A lane, and the task that may poll it.
pub(super) struct Slot {
    driven: Mutex<Driven>,
    /// How often the lane was polled.
    polls: AtomicU64,
}

struct Driven {
    /// `None` after its end.
    lane: Option<LaneFuture>,
    home: Home,
    is_rescued: bool,
    waker: Option<Waker>,
}

/// The task that polls a lane, until another one takes over.
struct Driver {
    slot: Arc<Slot>,
    home: Home,
}

impl Slot {
    /// Spawns a task for a lane. Closing the store waits for the lane.
    pub(super) fn spawn(
        lane: impl Future<Output = ()> + Send + 'static,
        runtime: &Handle,
        lanes: &TaskTracker,
    ) -> Arc<Self> {
        let home = Home::new();
        let lane: LaneFuture = Box::pin(lanes.track_future(lane));
        let driven = Driven { lane: Some(lane), home, is_rescued: false, waker: None };
        let slot = Arc::new(Self { driven: Mutex::new(driven), polls: AtomicU64::new(0) });
        runtime.spawn(Driver { slot: Arc::clone(&slot), home });
        slot
    }

    pub(super) fn polls(&self) -> u64 {
        self.polls.load(Ordering::Relaxed)
    }

    /// Has the lane polled soon, if its runtime is driven.
    pub(super) fn wake(&self) {
        // If it is locked, it is being polled. That may take long, and others wait for this thread.
        let waker = self.driven.try_lock().ok().and_then(|driven| driven.waker.clone());
        waker.iter().for_each(Waker::wake_by_ref);
    }

    /// Moves the lane to the rescue runtime, unless it is there.
    pub(super) fn rescue(self: &Arc<Self>) {
        // If it is locked, it is being polled.
        if let (Ok(driven), Some(runtime)) = (self.driven.try_lock(), rescue::runtime())
            && !driven.is_rescued
        {
            self.move_to(runtime, driven);
        }
    }

    fn move_to(self: &Arc<Self>, runtime: &Handle, mut driven: MutexGuard<'_, Driven>) {
        if driven.lane.is_some() {
            let home = Home::new();
            (driven.home, driven.is_rescued) = (home, true);
            let former = driven.waker.take();
            drop(driven);
            runtime.spawn(Driver { slot: Arc::clone(self), home });
            // It ends.
            former.into_iter().for_each(Waker::wake);
        }
    }

    fn driven(&self) -> MutexGuard<'_, Driven> {
        self.driven.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
impl Slot {
    /// Moves the lane to another task on the current runtime.
    pub(super) fn move_here(self: &Arc<Self>) {
        self.move_to(&Handle::current(), self.driven());
    }
}

impl Future for Driver {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut driven = self.slot.driven();
        if driven.home != self.home {
            return Poll::Ready(());
        }
        // Taken out: if it panics, it is dropped, and not polled again.
        let Some(mut lane) = driven.lane.take() else { return Poll::Ready(()) };
        self.slot.polls.fetch_add(1, Ordering::Relaxed);
        if driven.waker.is_none() {
            driven.waker = Some(context.waker().clone());
        }
        let polled = self.home.run(|| lane.as_mut().poll(context));
        if polled.is_pending() {
            driven.lane = Some(lane);
        } else {
            // Before the lane: it notifies others.
            drop(driven);
        }
        polled
    }
}

/// A runtime drops its tasks when it ends.
impl Drop for Driver {
    fn drop(&mut self) {
        let mut driven = self.slot.driven();
        if driven.home != self.home {
            return;
        }
        match rescue::runtime() {
            Some(runtime) => self.slot.move_to(runtime, driven),
            None => {
                let lane = driven.lane.take();
                drop(driven);
                drop(lane);
            }
        }
    }
}
