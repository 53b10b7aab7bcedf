//! Tries calls again that PostgreSQL refused because of a lock: one lane at a time does, and others have their turn.

use std::sync::Arc;

use smallvec::smallvec;
use tokio::time::Instant;

use super::lane::{InFlight, LaneState, Stage};
use super::locked::Retry;
use super::{Queue, Wakeup, notified};
use crate::backend::pipeline::call::Call;

/// The most groups that a lane tries before other calls have their turn.
const TRIES_IN_A_ROW: usize = 8;

impl Queue {
    /// Returns the lane to notify for calls to try again, unless a lane checks for calls by itself.
    pub(super) fn wake_for_locked(&mut self) -> Wakeup {
        if self.locked.is_empty() || self.lanes.iter().any(LaneState::looks_by_itself) {
            return Wakeup::default();
        }
        let is_waiting = |lane: &usize| self.lanes[*lane].stage == Stage::Waiting && self.has_work(*lane);
        let Some(number) = (0..self.lanes.len()).find(is_waiting) else { return Wakeup::default() };
        Wakeup(smallvec![notified((number, &mut self.lanes[number]))])
    }

    /// Returns whether a lane may try calls again now that were refused because of a lock. One lane at a time does.
    pub(super) fn may_retry(&self, lane: usize) -> bool {
        !self.locked.is_empty()
            && !self.is_reserve(lane)
            && self.lanes[lane].is_idle()
            && !self.lanes.iter().any(|lane| lane.tries_locked)
            && self.locked.next().is_some_and(|at| at <= Instant::now())
    }

    /// Removes what a lane tries again, if it is the turn of such calls. Calls that nobody waits for any more are dropped.
    pub(in crate::backend::pipeline) fn take_locked(
        &mut self,
        lane: usize,
        may_pipeline: bool,
    ) -> (Option<Retry>, Wakeup) {
        let in_a_row = self.lanes[lane].locked_in_a_row;
        let is_others_turn = in_a_row >= TRIES_IN_A_ROW && (0..self.kinds.len()).any(|kind| self.wants(lane, kind));
        if is_others_turn || !self.may_retry(lane) {
            return (None, Wakeup::default());
        }
        let now = Instant::now();
        let most = if may_pipeline { TRIES_IN_A_ROW } else { 1 };
        let mut retry = Retry { groups: Vec::new(), is_patient: false };
        while retry.groups.len() < most
            && !retry.is_patient
            && let Some((calls, is_patient)) = self.locked.take(now)
        {
            self.waiting -= calls.len();
            let (wanted, dropped): (Vec<_>, Vec<_>) = calls.into_iter().partition(Call::is_wanted);
            dropped.into_iter().for_each(|call| self.release(call.key));
            if let Some(first) = wanted.first() {
                let statement = Arc::clone(&first.command().statement);
                let mut in_flight = InFlight::new(&statement, &wanted);
                // Nothing else waits for it.
                in_flight.is_slow = true;
                self.lanes[lane].in_flight.push_back(in_flight);
                retry.is_patient = is_patient && retry.groups.is_empty();
                retry.groups.push(wanted);
            }
        }
        let is_any = !retry.groups.is_empty();
        self.lanes[lane].stage = Stage::Working;
        self.lanes[lane].tries_locked = is_any;
        self.lanes[lane].locked_in_a_row = if in_a_row >= TRIES_IN_A_ROW { 0 } else { in_a_row } + retry.groups.len();
        (is_any.then_some(retry), self.wake())
    }

    /// Records that PostgreSQL refused the batch with a call on this key because of a lock. Returns when to try it again.
    pub(in crate::backend::pipeline) fn put_aside(
        &mut self,
        lane: usize,
        key: u64,
        calls: Vec<Call>,
    ) -> (Instant, Wakeup) {
        let batch = self.lanes[lane].remove_batch(key);
        self.waiting += calls.len();
        calls.iter().for_each(|call| self.order.readmit(call));
        let at = self.locked.add(calls, Instant::now());
        batch.into_iter().for_each(|batch| self.finish(batch));
        self.end_tries(lane);
        (at, self.wake())
    }

    pub(super) fn end_tries(&mut self, lane: usize) {
        let lane = &mut self.lanes[lane];
        lane.tries_locked &= !lane.is_idle();
    }

    /// Returns the lane to notify if calls are to be tried again now.
    pub(in crate::backend::pipeline) fn retry(&mut self) -> Wakeup {
        self.wake_for_locked()
    }

    /// Returns when calls that were refused because of a lock are to be tried again.
    pub(in crate::backend::pipeline) fn next_retry(&self) -> Option<Instant> {
        self.locked.next()
    }
}
