//! A lane's view of what is shared.

use std::sync::Arc;

use tokio::time::Instant;

use super::call::Call;
use super::queue::{Retry, Wakeup};
use super::shared::Shared;
use crate::error::Error;

/// Belongs to the task of a lane. Dropping it reports to the queue that the task has ended, even if its runtime ends.
pub(super) struct LaneHandle {
    pub(super) shared: Arc<Shared>,
    pub(super) lane: usize,
}

impl LaneHandle {
    pub(super) fn new(shared: Arc<Shared>, lane: usize) -> Self {
        Self { shared, lane }
    }

    /// Waits until there is something to do, or the store closes. Cancel safe.
    pub(super) async fn work(&self) {
        while !self.shared.with_queue(|queue| queue.begin_work(self.lane)) {
            self.shared.notified(self.lane).await;
        }
    }

    pub(super) fn online(&self) {
        self.shared.with_queue(|queue| (queue.online(self.lane), Wakeup::default()));
    }

    /// Reports that the new connection has answered a call.
    pub(super) fn has_answered(&self) {
        self.shared.with_queue(|queue| (queue.has_answered(self.lane), Wakeup::default()));
        self.shared.outage_log.end();
    }

    /// Returns what to send: calls to try again, or calls of one kind. Only those for a single request, unless the lane
    /// `may_pipeline`.
    pub(super) fn take(&self, may_pipeline: bool) -> Result<Vec<Call>, Retry> {
        self.shared.with_queue(|queue| match queue.take_locked(self.lane, may_pipeline) {
            (Some(retry), wakeup) => (Err(retry), wakeup),
            (None, _) => {
                let (calls, wakeup) = queue.take(self.lane, may_pipeline);
                (Ok(calls), wakeup)
            }
        })
    }

    /// Reports that PostgreSQL refused the batch with a call on this key because of a lock. Returns when to try it again.
    pub(super) fn put_aside(&self, key: u64, calls: Vec<Call>) -> Instant {
        self.shared.with_queue(|queue| queue.put_aside(self.lane, key, calls))
    }

    pub(super) fn set_probing(&self, is_probing: bool) {
        self.shared.with_queue(|queue| ((), queue.set_probing(self.lane, is_probing)));
    }

    /// Notifies a lane if there are calls to try again.
    pub(super) fn retry(&self) {
        self.shared.with_queue(|queue| ((), queue.retry()));
    }

    /// Reports that the batch with a call on this key is answered. Its calls in `again` are sent again, before later
    /// ones.
    pub(super) fn complete(&self, key: u64, again: Vec<Call>) {
        self.shared.with_queue(|queue| ((), queue.complete(self.lane, key, again)));
    }

    /// Returns whether this is the lane that connects only while all others are stuck.
    pub(super) fn is_reserve(&self) -> bool {
        self.shared.reserve() == self.lane
    }

    /// Returns whether the reserve is to connect, to find out whether the server answers.
    pub(super) fn is_probe_wanted(&self) -> bool {
        self.shared.with_queue(|queue| (queue.is_probe_wanted(), Wakeup::default()))
    }

    /// Returns whether the server has answered another lane since this one took what it has in flight. If none was asked, has
    /// the reserve connect.
    pub(super) fn is_overtaken(&self) -> bool {
        self.shared.with_queue(|queue| queue.is_overtaken(self.lane))
    }

    /// Reports that the batches in flight are slow.
    pub(super) fn mark_slow(&self) {
        self.shared.with_queue(|queue| ((), queue.mark_slow(self.lane)));
    }

    /// Reports that the connection is lost. The calls in `again` are sent again.
    pub(super) fn offline(&self, again: Vec<Call>) {
        self.shared.with_queue(|queue| ((), queue.offline(self.lane, again)));
    }
}

impl Drop for LaneHandle {
    fn drop(&mut self) {
        let waiting = self.shared.with_queue(|queue| queue.lose_task(self.lane));
        waiting.into_iter().for_each(|mut call| call.answer(Err(Error::runtime_ended())));
    }
}
