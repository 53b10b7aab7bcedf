//! Removes calls that wait: those that have expired, and all when nothing serves them.

use tokio::time::Instant;

use super::key_order::extract;
use super::lane::Stage;
use super::{Queue, Wakeup};
use crate::backend::pipeline::call::Call;

impl Queue {
    /// Records that a lane's task has ended. If no task is left, returns all waiting calls.
    pub(in crate::backend::pipeline) fn lose_task(&mut self, lane: usize) -> (Vec<Call>, Wakeup) {
        self.lanes[lane].stage = Stage::Absent;
        let wakeup = self.disconnect(lane, Vec::new());
        if self.has_task() { (Vec::new(), wakeup) } else { self.drain() }
    }

    /// Removes the calls whose deadline has passed.
    pub(in crate::backend::pipeline) fn expire(&mut self, now: Instant) -> (Vec<Call>, Wakeup) {
        self.remove(|call| call.deadline() <= now)
    }

    pub(in crate::backend::pipeline) fn next_deadline(&self) -> Option<Instant> {
        let ready = self.kinds.iter().flat_map(|kind| &kind.ready).map(Call::deadline);
        ready.chain(self.order.deadlines()).chain(self.locked.deadlines()).min()
    }

    /// Removes all waiting calls.
    pub(in crate::backend::pipeline) fn drain(&mut self) -> (Vec<Call>, Wakeup) {
        self.remove(|_| true)
    }

    pub(super) fn remove(&mut self, condition: impl Fn(&Call) -> bool) -> (Vec<Call>, Wakeup) {
        let mut removed = self.order.remove(&condition);
        let ready = removed.len();
        removed.extend(self.locked.remove(&condition));
        removed.extend(self.kinds.iter_mut().flat_map(|kind| extract(&mut kind.ready, &condition)));
        self.waiting -= removed.len();
        let keys: Vec<_> = removed[ready..].iter().map(|call| call.key).collect();
        keys.into_iter().for_each(|key| self.release(key));
        (removed, self.wake())
    }
}
