//! Watches the lanes of a store: while calls are under way, each must be polled from time to time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;

use super::driver::Slot;
use super::rescue;
use super::shared::Shared;

/// The longest time between two looks at the lanes of a store. A lane that was not polled between two looks is woken, and moved
/// if it is not polled until the next one.
const TICK: Duration = Duration::from_millis(200);

/// A store with a short time limit is looked at this often within it.
const TICKS_PER_LIMIT: u32 = 8;

/// After so many looks without a call, there are none until the next call.
const IDLE_TICKS: u32 = 10;

/// Looks at the lanes of one store while calls are under way.
pub(super) struct Watch {
    slots: Mutex<Vec<Watched>>,
    /// Whether it looks without being woken.
    is_awake: AtomicBool,
    wakes: Notify,
    is_running: AtomicBool,
}

struct Watched {
    slot: Weak<Slot>,
    /// How often the lane had been polled at the last look.
    polls: u64,
    was_woken: bool,
}

impl Watch {
    /// Creates a watch. A disabled one never looks.
    pub(super) fn new(is_enabled: bool) -> Self {
        Self {
            slots: Mutex::default(),
            is_awake: AtomicBool::new(!is_enabled),
            wakes: Notify::new(),
            is_running: AtomicBool::new(false),
        }
    }

    pub(super) fn add(&self, slot: &Arc<Slot>) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|watched| watched.slot.strong_count() > 0);
        slots.push(Watched { slot: Arc::downgrade(slot), polls: 0, was_woken: false });
    }

    /// Looks from now on. To be called when a call is in the queue.
    pub(super) fn wake(self: &Arc<Self>, shared: &Arc<Shared>) {
        if !self.is_awake.load(Ordering::Relaxed) {
            self.wake_up(shared);
        }
    }

    #[cold]
    fn wake_up(self: &Arc<Self>, shared: &Arc<Shared>) {
        self.is_awake.store(true, Ordering::Relaxed);
        if let Some(runtime) = rescue::runtime()
            && !self.is_running.swap(true, Ordering::Relaxed)
        {
            runtime.spawn(Arc::clone(self).run(Arc::downgrade(shared)));
        }
        self.wakes.notify_one();
    }

    /// Ends the watch once the store is dropped.
    pub(super) fn end(&self) {
        self.wakes.notify_one();
    }

    async fn run(self: Arc<Self>, shared: Weak<Shared>) {
        let Some(tick) = shared.upgrade().map(|shared| TICK.min(shared.timeout / TICKS_PER_LIMIT)) else { return };
        loop {
            self.wakes.notified().await;
            let mut idle_ticks = 0;
            while idle_ticks < IDLE_TICKS {
                sleep(tick).await;
                let Some(shared) = shared.upgrade() else { return };
                idle_ticks = if shared.is_busy() { 0 } else { idle_ticks + 1 };
                if idle_ticks == 0 {
                    self.look();
                }
            }
            self.is_awake.store(false, Ordering::Relaxed);
            // Now a call that comes wakes it. One that came before is here.
            match shared.upgrade() {
                Some(shared) if shared.is_busy() => self.wake_up(&shared),
                Some(_) => {}
                None => return,
            }
        }
    }

    fn look(&self) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        for watched in slots.iter_mut() {
            let Some(slot) = watched.slot.upgrade() else { continue };
            let polls = slot.polls();
            if watched.polls != polls {
                (watched.polls, watched.was_woken) = (polls, false);
            } else if watched.was_woken {
                watched.was_woken = false;
                slot.rescue();
            } else {
                watched.was_woken = true;
                slot.wake();
            }
        }
    }
}

#[cfg(test)]
impl Watch {
    /// Moves all lanes to other tasks on the current runtime.
    pub(super) fn move_all(&self) {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.iter().filter_map(|watched| watched.slot.upgrade()).for_each(|slot| slot.move_here());
    }
}
