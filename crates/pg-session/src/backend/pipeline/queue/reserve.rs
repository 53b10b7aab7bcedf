//! The reserve: a lane that connects only while all others are stuck, or to find out whether the server answers.

use smallvec::smallvec;

use super::lane::{LaneState, Stage};
use super::{Queue, Wakeup, notified, policy};

impl Queue {
    pub(super) fn wants(&self, lane: usize, kind: usize) -> bool {
        let others = self.regular_lanes();
        match self.lanes.get(lane) {
            Some(reserve) if self.is_reserve(lane) => policy::reserve_wants(reserve, others, &self.kinds[kind]),
            _ => policy::wants(others, &self.kinds, lane, kind),
        }
    }

    /// Returns whether this lane is the reserve.
    pub(super) fn is_reserve(&self, lane: usize) -> bool {
        lane + 1 == self.lanes.len()
    }

    /// Returns all lanes but the reserve.
    pub(super) fn regular_lanes(&self) -> &[LaneState] {
        self.lanes.split_last().map_or(&[], |(_, regular)| regular)
    }

    /// Returns whether the server has answered another lane since this one took what it has in flight: then its connection
    /// fails, and not the server. If none was asked, has the reserve connect.
    pub(in crate::backend::pipeline) fn is_overtaken(&mut self, lane: usize) -> (bool, Wakeup) {
        let oldest = self.lanes[lane].in_flight.front().map(|batch| batch.since);
        let is_overtaken = oldest.is_some_and(|since| self.latest_answered > Some(since));
        if is_overtaken || self.is_reserve(lane) {
            return (is_overtaken, Wakeup::default());
        }
        self.is_probe_wanted = true;
        (false, self.wake_for_probe())
    }

    /// Returns whether the reserve is to connect, or to connect anew.
    pub(in crate::backend::pipeline) fn is_probe_wanted(&self) -> bool {
        self.is_probe_wanted
    }

    fn wake_for_probe(&mut self) -> Wakeup {
        match self.lanes.iter_mut().enumerate().next_back() {
            Some((number, reserve)) if self.is_probe_wanted && reserve.stage == Stage::Waiting => {
                Wakeup(smallvec![notified((number, reserve))])
            }
            _ => Wakeup::default(),
        }
    }
}
