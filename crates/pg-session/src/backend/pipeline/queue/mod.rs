//! The calls that wait for the lanes: in the order of their keys, distributed by the policy. No I/O.

mod key_order;
mod kind;
mod lane;
mod locked;
mod policy;
mod removal;
mod reserve;
mod retry;

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use smallvec::{SmallVec, smallvec};
use tokio::time::Instant;

use super::call::Call;
use crate::backend::command::Statement;
use crate::error::Result;
use key_order::KeyOrder;
use kind::Kind;
use lane::{InFlight, LaneState, Stage};
use locked::Locked;
use policy::{MAX_BYTES, MAX_CALLS, MAX_KEPT};

pub(super) use locked::Retry;

pub(super) struct Queue {
    kinds: Vec<Kind>,
    order: KeyOrder,
    locked: Locked,
    /// The last one is the reserve: it connects only while all others are stuck, with a server that does not answer or with
    /// calls that wait for locks.
    lanes: Vec<LaneState>,
    waiting: usize,
    /// When the latest batch that was answered had been taken, or the reserve has connected.
    latest_answered: Option<Instant>,
    /// Whether the reserve is to connect, to find out whether the server answers.
    is_probe_wanted: bool,
    /// When the first attempt to connect failed since a connection last answered.
    offline_since: Option<Instant>,
    is_closing: bool,
}

/// The lanes to notify: there is something for them to do.
#[derive(Debug, Default)]
#[must_use]
pub(super) struct Wakeup(pub(super) SmallVec<[usize; 2]>);

impl Queue {
    /// Creates a queue for this many lanes and the reserve.
    pub(super) fn new(lanes: usize) -> Self {
        Self {
            kinds: Vec::new(),
            order: KeyOrder::default(),
            locked: Locked::default(),
            lanes: (0..=lanes).map(|_| LaneState::default()).collect(),
            waiting: 0,
            latest_answered: None,
            is_probe_wanted: false,
            offline_since: None,
            is_closing: false,
        }
    }

    /// Returns how many calls wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    pub(super) fn is_closing(&self) -> bool {
        self.is_closing
    }

    /// Returns whether the store is closing and no call waits.
    pub(super) fn is_drained(&self) -> bool {
        self.is_closing && self.waiting == 0
    }

    /// Returns whether calls wait or are in flight.
    pub(super) fn is_busy(&self) -> bool {
        self.waiting > 0 || !self.lanes.iter().all(LaneState::is_idle)
    }

    /// Returns whether a lane has no task.
    pub(super) fn lacks_task(&self) -> bool {
        self.lanes.iter().any(|lane| lane.stage == Stage::Absent)
    }

    /// Returns whether any lane has a task.
    pub(super) fn has_task(&self) -> bool {
        self.lanes.iter().any(|lane| lane.stage != Stage::Absent)
    }

    /// Returns the lanes without a task. The caller spawns one for each.
    pub(super) fn claim_absent(&mut self) -> Vec<usize> {
        let absent = self.lanes.iter_mut().enumerate().filter(|(_, lane)| lane.stage == Stage::Absent);
        absent
            .map(|(number, lane)| {
                lane.stage = Stage::Waiting;
                number
            })
            .collect()
    }

    /// Adds a call. Behind others on its key, it must be one that `may_wait` behind so many calls with so many bytes.
    ///
    /// # Errors
    /// That of `may_wait`.
    pub(super) fn push(&mut self, call: Call, may_wait: impl FnOnce(usize, usize) -> Result<()>) -> Result<Wakeup> {
        let ready = self.order.admit(call, may_wait)?;
        self.waiting += 1;
        let Some(call) = ready else { return Ok(Wakeup::default()) };
        let kind = self.kind(&call.command().statement);
        self.kinds[kind].ready.push_back(call);
        Ok(self.wake_for(kind))
    }

    /// Returns the kind of a statement, creating it if necessary. Kinds of outdated statements are dropped then.
    fn kind(&mut self, statement: &Arc<Statement>) -> usize {
        self.kinds.iter().position(|kind| kind.is_of(statement)).unwrap_or_else(|| {
            self.kinds.retain(|kind| !kind.is_unused());
            self.kinds.push(Kind::new(statement));
            self.kinds.len() - 1
        })
    }

    /// Returns whether there is something for a lane to do. If not, the lane is notified once there is. The wakeup is for
    /// another lane, which the remaining work is left to.
    pub(super) fn begin_work(&mut self, lane: usize) -> (bool, Wakeup) {
        let is_finished = self.is_drained() && self.lanes[lane].is_idle();
        if self.lanes[lane].stage == Stage::Notified || is_finished || self.has_work(lane) {
            self.lanes[lane].stage = Stage::Working;
            return (true, Wakeup::default());
        }
        self.lanes[lane].stage = Stage::Waiting;
        (false, self.wake())
    }

    fn has_work(&self, lane: usize) -> bool {
        // While no lane has a connection, one of them has to connect.
        let others = self.lanes.iter().enumerate().filter(|(number, _)| *number != lane);
        // Without a connection, nothing else looks after the calls to try again later.
        let is_online = self.lanes[lane].is_online;
        let is_needed_for_locked =
            if is_online { self.may_retry(lane) } else { !self.locked.is_empty() && !self.is_reserve(lane) };
        if self.is_probe_wanted && self.is_reserve(lane) && self.lanes[lane].is_idle() {
            return true;
        }
        let may = is_online || !others.into_iter().any(|(_, lane)| lane.is_online || lane.is_connecting());
        may && ((0..self.kinds.len()).any(|kind| self.wants(lane, kind)) || is_needed_for_locked)
    }

    fn wake(&mut self) -> Wakeup {
        if self.is_drained() {
            // Lanes with calls in flight check by themselves. One that connects stops.
            let is_told = |lane: &LaneState| lane.is_idle() && (lane.stage == Stage::Waiting || lane.is_connecting());
            let told = self.lanes.iter_mut().enumerate().filter(|(_, lane)| is_told(lane));
            return Wakeup(told.map(notified).collect());
        }
        let woken = (0..self.kinds.len()).map(|kind| self.wake_for(kind)).find(|wakeup| !wakeup.0.is_empty());
        woken.unwrap_or_else(|| self.wake_for_locked())
    }

    /// Returns the lane to notify for this kind, unless a lane checks for calls by itself.
    fn wake_for(&mut self, kind: usize) -> Wakeup {
        if self.kinds[kind].ready.is_empty() || self.lanes.iter().any(LaneState::looks_by_itself) {
            return Wakeup::default();
        }
        let is_connecting = self.lanes.iter().any(LaneState::is_connecting);
        let first = self.first_lane(kind);
        let rank = |(number, lane): (usize, &LaneState)| {
            let rank = match (lane.is_online, lane.is_idle()) {
                _ if lane.stage != Stage::Waiting => return None,
                (true, true) => 0,
                (true, false) => 1,
                (false, _) if !is_connecting => 2,
                (false, _) => return None,
            };
            self.wants(number, kind).then_some((rank, number ^ first, number))
        };
        let Some((.., number)) = self.lanes.iter().enumerate().filter_map(rank).min() else { return Wakeup::default() };
        Wakeup(smallvec![notified((number, &mut self.lanes[number]))])
    }

    /// Returns the lane to prefer. Lone calls alternate between the first two lanes: in the benchmark they are answered a
    /// tenth to a quarter sooner than if one lane gets them all. Otherwise the first lane gets most calls.
    fn first_lane(&self, kind: usize) -> usize {
        let is_lone = self.waiting == 1 && self.lanes.iter().all(LaneState::is_idle);
        let lone = self.kinds[kind].ready.front().filter(|_| is_lone);
        lone.map_or(0, |call| usize::from(call.key % 2 == 1))
    }

    /// Removes what a lane sends next: calls of one kind, the one whose first call expires soonest. Calls that nobody waits
    /// for any more are dropped. Calls that go alone are several requests: unless the lane `may_pipeline`, it takes one.
    pub(super) fn take(&mut self, lane: usize, may_pipeline: bool) -> (Vec<Call>, Wakeup) {
        self.lanes[lane].stage = Stage::Working;
        let deadline = |kind: &usize| self.kinds[*kind].ready.front().map(Call::deadline);
        let wanted = (0..self.kinds.len()).filter(|kind| self.wants(lane, *kind)).min_by_key(deadline);
        let Some(kind) = wanted else { return (Vec::new(), self.wake()) };
        let share =
            if self.is_reserve(lane) { MAX_CALLS } else { policy::share(self.regular_lanes(), &self.kinds[kind]) };
        let ready = &mut self.kinds[kind].ready;
        let (mut calls, mut dropped) = (Vec::<Call>::with_capacity(share), Vec::new());
        let mut bytes = 0;
        while let Some(call) = ready.front() {
            let is_complete = !may_pipeline && calls.first().is_some_and(Call::goes_alone);
            let is_full = calls.len() >= share || bytes >= MAX_BYTES;
            // Calls on one key stay together.
            let follows = |last: &Call| last.key == call.key;
            let is_alike = |first: &Call| first.is_alone == call.is_alone;
            if is_complete || is_full && !calls.last().is_some_and(follows) || !calls.first().is_none_or(is_alike) {
                break;
            }
            let Some(call) = ready.pop_front() else { break };
            self.waiting -= 1;
            if call.is_wanted() {
                bytes += call.command().size();
                calls.push(call);
            } else {
                dropped.push(call.key);
            }
        }
        if ready.is_empty() && ready.capacity() > MAX_KEPT {
            *ready = VecDeque::new();
        }
        self.lanes[lane].locked_in_a_row = 0;
        self.dispatch(lane, kind, &calls);
        dropped.into_iter().for_each(|key| self.release(key));
        (calls, self.wake())
    }

    fn dispatch(&mut self, lane: usize, kind: usize, calls: &[Call]) {
        let kind = &mut self.kinds[kind];
        kind.in_flight += calls.len();
        let size = if calls.first().is_some_and(Call::goes_alone) { 1 } else { calls.len().max(1) };
        let batches = calls.chunks(size).map(|calls| InFlight::new(kind.statement(), calls));
        self.lanes[lane].in_flight.extend(batches);
    }

    /// Records that a lane has the answer to the batch with a call on this key. Its calls in `again` are sent again,
    /// before later ones.
    pub(super) fn complete(&mut self, lane: usize, key: u64, again: Vec<Call>) -> Wakeup {
        let batch = self.lanes[lane].remove_batch(key);
        self.latest_answered = self.latest_answered.max(batch.as_ref().map(|batch| batch.since));
        self.is_probe_wanted = false;
        self.put_back(again);
        batch.into_iter().for_each(|batch| self.finish(batch));
        self.end_tries(lane);
        self.wake()
    }

    pub(super) fn online(&mut self, lane: usize) {
        self.lanes[lane].is_online = true;
        if self.is_reserve(lane) {
            self.latest_answered = Some(Instant::now());
            self.is_probe_wanted = false;
        }
    }

    /// Records that a lane's new connection has answered a call, which ends an outage. A login alone does not: a pooler accepts
    /// it while its server is down.
    pub(super) fn has_answered(&mut self, lane: usize) {
        self.lanes[lane].has_answered = true;
        self.offline_since = None;
    }

    /// Records whether a lane is probing its connection: meanwhile, others take the calls.
    pub(super) fn set_probing(&mut self, lane: usize, is_probing: bool) -> Wakeup {
        self.lanes[lane].is_probing = is_probing;
        self.wake()
    }

    /// Records that a lane has lost its connection. The calls in `again`, which it had in flight, are sent again.
    pub(super) fn offline(&mut self, lane: usize, again: Vec<Call>) -> Wakeup {
        self.lanes[lane].stage = Stage::Working;
        self.disconnect(lane, again)
    }

    fn disconnect(&mut self, lane: usize, again: Vec<Call>) -> Wakeup {
        self.lanes[lane].is_online = false;
        self.is_probe_wanted &= self.is_reserve(lane);
        self.lanes[lane].tries_locked = false;
        // Its clock may have been the one that counts.
        self.locked.try_all_now();
        self.lanes[lane].has_answered = false;
        self.lanes[lane].is_probing = false;
        self.put_back(again);
        mem::take(&mut self.lanes[lane].in_flight).into_iter().for_each(|batch| self.finish(batch));
        self.wake()
    }

    /// Records that the batches of a lane are slow: they wait for a lock, or for a server that does not answer. Calls
    /// of the same kind may then use other lanes.
    pub(super) fn mark_slow(&mut self, lane: usize) -> Wakeup {
        let mut in_flight = mem::take(&mut self.lanes[lane].in_flight);
        for batch in in_flight.iter_mut().filter(|batch| !batch.is_slow) {
            batch.is_slow = true;
            let kind = self.kind(batch.statement());
            self.kinds[kind].in_flight -= batch.len();
        }
        self.lanes[lane].in_flight = in_flight;
        self.wake()
    }

    fn finish(&mut self, batch: InFlight) {
        if !batch.is_slow {
            let kind = self.kind(batch.statement());
            self.kinds[kind].in_flight -= batch.len();
        }
        batch.into_keys().into_iter().for_each(|key| self.release(key));
    }

    /// Makes calls that were in flight ready again, before all others. Of calls on one key that go alone, the first is ready, and
    /// the others wait for it: two lanes could take them.
    fn put_back(&mut self, mut calls: Vec<Call>) {
        self.waiting += calls.len();
        while let Some(call) = calls.pop() {
            if call.is_alone && calls.last().is_some_and(|earlier| earlier.key == call.key) {
                self.order.wait_first(call);
                continue;
            }
            self.order.readmit(&call);
            let kind = self.kind(&call.command().statement);
            self.kinds[kind].ready.push_front(call);
        }
    }

    fn release(&mut self, key: u64) {
        let ready = self.order.release(key);
        if let Some(first) = ready.first() {
            let kind = self.kind(&first.command().statement);
            self.kinds[kind].ready.extend(ready);
        }
    }

    /// Returns how long no lane has had a connection that answers, since the first attempt to connect; `None` if one has.
    pub(super) fn outage(&mut self) -> Option<Duration> {
        let does_any_answer = self.lanes.iter().any(|lane| lane.has_answered);
        if does_any_answer { None } else { Some(self.offline_since.get_or_insert_with(Instant::now).elapsed()) }
    }

    /// Refuses calls from now on, drops those that nobody waits for, and lets the tasks end once nothing is left to do.
    pub(super) fn close(&mut self) -> Wakeup {
        self.is_closing = true;
        self.remove(|call| !call.is_wanted()).1
    }
}

#[cfg(test)]
impl Queue {
    pub(super) fn assert_empty(&self) {
        assert!(self.waiting == 0 && self.order.is_empty(), "calls are left");
        assert!(self.kinds.iter().all(|kind| kind.in_flight == 0) && self.lanes.iter().all(LaneState::is_idle));
    }

    /// While all tasks wait, no lane has been left without a wakeup.
    pub(super) fn assert_at_rest(&mut self) {
        // The timer of a retry fires up to two milliseconds late. Everything else is checked nevertheless.
        let late = Duration::from_millis(2);
        let is_due = self.next_retry().is_some_and(|at| (at..at + late).contains(&Instant::now()));
        let due = is_due.then(|| mem::take(&mut self.locked));
        assert!(self.wake().0.is_empty(), "a lane was not notified");
        let mut waiting = (0..self.lanes.len()).filter(|lane| self.lanes[*lane].stage == Stage::Waiting);
        assert!(!waiting.any(|lane| self.has_work(lane)), "a lane does not take its calls");
        if let Some(due) = due {
            self.locked = due;
        }
    }
}

fn notified((number, lane): (usize, &mut LaneState)) -> usize {
    lane.stage = Stage::Notified;
    number
}

#[cfg(test)]
mod tests;
