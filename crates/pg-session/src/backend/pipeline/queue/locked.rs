//! Calls that another transaction keeps waiting: PostgreSQL refused them because a lock was held for too long. They are tried
//! again apart from all others, in ever smaller groups, so that nobody else waits with them.

use std::mem;
use std::time::Duration;

use tokio::time::Instant;

use crate::backend::pipeline::call::Call;

/// A group of more calls is split into groups of so many keys, and such a group into single keys.
const GROUP: usize = 8;

/// The pause before a single key is tried again: for each key that waits, within these bounds.
const PAUSE_PER_KEY: Duration = Duration::from_millis(5);
const SHORTEST_PAUSE: Duration = Duration::from_millis(40);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// A call that expires sooner is not tried again: it would expire in flight, and its outcome would be unknown.
const MARGIN: Duration = Duration::from_millis(60);

/// With so few groups, each try may wait for its lock for longer.
const FEW: usize = 2;

#[derive(Default)]
pub(super) struct Locked {
    groups: Vec<Group>,
}

/// Calls to try again, apart from all others, because another transaction held a lock.
pub(in crate::backend::pipeline) struct Retry {
    /// Each is one request.
    pub(in crate::backend::pipeline) groups: Vec<Vec<Call>>,
    /// Whether they may wait for the lock for longer.
    pub(in crate::backend::pipeline) is_patient: bool,
}

struct Group {
    /// When it is tried again.
    at: Instant,
    /// Calls of one statement, those on one key together.
    calls: Vec<Call>,
}

impl Locked {
    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Adds the calls of a batch, sorted by key. Returns when some of them are to be tried.
    pub(super) fn add(&mut self, mut calls: Vec<Call>, now: Instant) -> Instant {
        calls.iter_mut().for_each(|call| (call.is_alone, call.is_locked) = (true, true));
        let keys = calls.chunk_by(|one, next| one.key == next.key).count();
        let size = if keys > GROUP { GROUP } else { 1 };
        let at = if keys > 1 { now } else { now + self.pause() };
        let mut group: Vec<Call> = Vec::new();
        let mut keys_in_group = 0;
        for call in calls {
            let is_new = group.last().is_none_or(|last| last.key != call.key);
            if is_new && keys_in_group == size {
                self.groups.push(Group { at, calls: mem::take(&mut group) });
                keys_in_group = 0;
            }
            keys_in_group += usize::from(is_new);
            group.push(call);
        }
        self.groups.push(Group { at, calls: group });
        at
    }

    fn pause(&self) -> Duration {
        let keys = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        PAUSE_PER_KEY.saturating_mul(keys).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)
    }

    /// Returns when the next group is to be tried.
    pub(super) fn next(&self) -> Option<Instant> {
        self.groups.iter().filter(|group| group.is_worth_a_try()).map(|group| group.at).min()
    }

    pub(super) fn try_all_now(&mut self) {
        if !self.is_empty() {
            let now = Instant::now();
            self.groups.iter_mut().for_each(|group| group.at = group.at.min(now));
        }
    }

    /// Removes a group that is to be tried now. It may wait for its lock for longer if there are few.
    pub(super) fn take(&mut self, now: Instant) -> Option<(Vec<Call>, bool)> {
        let are_few = self.groups.len() <= FEW;
        let due = |(_, group): &(usize, &Group)| group.at <= now && group.is_worth_a_try();
        let (place, _) = self.groups.iter().enumerate().filter(due).min_by_key(|(_, group)| group.at)?;
        Some((self.groups.remove(place).calls, are_few))
    }

    /// Removes the calls that satisfy the condition.
    pub(super) fn remove(&mut self, condition: impl Fn(&Call) -> bool) -> Vec<Call> {
        let mut removed = Vec::new();
        for group in &mut self.groups {
            removed.extend(group.calls.extract_if(.., |call| condition(call)));
        }
        self.groups.retain(|group| !group.calls.is_empty());
        removed
    }

    pub(super) fn deadlines(&self) -> impl Iterator<Item = Instant> {
        self.groups.iter().flat_map(|group| &group.calls).map(Call::deadline)
    }
}

impl Group {
    fn is_worth_a_try(&self) -> bool {
        self.calls.iter().any(|call| call.deadline() > self.at + MARGIN)
    }
}
