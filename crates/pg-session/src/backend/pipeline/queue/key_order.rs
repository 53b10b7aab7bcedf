//! Keeps calls on one key in the order in which they came.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::mem;
use std::sync::Arc;

use tokio::time::Instant;

use super::policy::{MAX_CALLS, MAX_KEPT};
use crate::backend::command::{Command, DuplicateKeys};
use crate::backend::pipeline::call::Call;
use crate::error::Result;

/// The calls that are ready or in flight, by the hash of their key, and those that wait behind them.
#[derive(Default)]
pub(super) struct KeyOrder {
    keys: HashMap<u64, Key, BuildHasherDefault<Unhashed>>,
}

/// Returns a hash as it is: hashing it again would take as long as all else that is done here for a call.
#[derive(Default)]
struct Unhashed(u64);

impl Hasher for Unhashed {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[derive(Default)]
struct Key {
    /// How many calls on it are ready or in flight.
    active: usize,
    waiting: VecDeque<Call>,
    /// The bytes of the waiting calls.
    bytes: usize,
}

impl KeyOrder {
    /// Returns the call if it is ready. Otherwise it waits for the earlier calls on its key, if it `may_wait` behind so many
    /// calls with so many bytes.
    ///
    /// # Errors
    /// That of `may_wait`.
    pub(super) fn admit(
        &mut self,
        call: Call,
        may_wait: impl FnOnce(usize, usize) -> Result<()>,
    ) -> Result<Option<Call>> {
        let key = self.keys.entry(call.key).or_default();
        if key.active > 0 {
            may_wait(key.waiting.len(), key.bytes)?;
            key.bytes += call.command().size();
            key.waiting.push_back(call);
            return Ok(None);
        }
        key.active = 1;
        Ok(Some(call))
    }

    /// Records that a call that was in flight is ready again.
    pub(super) fn readmit(&mut self, call: &Call) {
        self.keys.entry(call.key).or_default().active += 1;
    }

    /// Makes a call that was in flight wait, before all others on its key.
    pub(super) fn wait_first(&mut self, call: Call) {
        let key = self.keys.entry(call.key).or_default();
        key.bytes += call.command().size();
        key.waiting.push_front(call);
    }

    /// Records that a call on this key is finished. After the last one, returns the calls that are ready now: as many of
    /// the waiting calls as can share a batch.
    pub(super) fn release(&mut self, key: u64) -> Vec<Call> {
        let Entry::Occupied(mut entry) = self.keys.entry(key) else { return Vec::new() };
        let key = entry.get_mut();
        key.active -= 1;
        if key.active > 0 {
            return Vec::new();
        }
        let Some(first) = key.waiting.pop_front() else {
            entry.remove();
            if self.keys.is_empty() && self.keys.capacity() > 2 * MAX_KEPT {
                self.keys = HashMap::default();
            }
            return Vec::new();
        };
        let mut ready = vec![first];
        let joins = |ready: &[Call], call: &Call| {
            ready.len() < MAX_CALLS
                && !ready[0].is_alone
                && !call.is_alone
                && can_share_batch(ready[0].command(), call.command())
        };
        while let Some(call) = key.waiting.pop_front_if(|call| joins(&ready, call)) {
            ready.push(call);
        }
        key.active = ready.len();
        key.bytes -= size(&ready);
        ready
    }

    /// Removes the waiting calls that satisfy the condition.
    pub(super) fn remove(&mut self, condition: impl Fn(&Call) -> bool) -> Vec<Call> {
        let waiting = self.keys.values_mut().filter(|key| !key.waiting.is_empty());
        let extract = |key: &mut Key| {
            let removed = extract(&mut key.waiting, &condition);
            key.bytes -= size(&removed);
            removed
        };
        waiting.flat_map(extract).collect()
    }

    pub(super) fn deadlines(&self) -> impl Iterator<Item = Instant> {
        self.keys.values().flat_map(|key| &key.waiting).map(Call::deadline)
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

fn size(calls: &[Call]) -> usize {
    calls.iter().map(|call| call.command().size()).sum()
}

/// Returns whether a command can go in one batch with one on the same key that came before it.
fn can_share_batch(before: &Command, command: &Command) -> bool {
    let many = command.statement.many.as_ref().filter(|_| Arc::ptr_eq(&before.statement, &command.statement));
    many.is_some_and(|many| match many.duplicates {
        DuplicateKeys::Serialize => false,
        DuplicateKeys::Coalesce => before.params == command.params,
    })
}

/// Removes the calls that satisfy the condition, in their order.
pub(super) fn extract(calls: &mut VecDeque<Call>, condition: impl Fn(&Call) -> bool) -> Vec<Call> {
    let (removed, kept): (VecDeque<_>, VecDeque<_>) = mem::take(calls).into_iter().partition(condition);
    *calls = kept;
    removed.into()
}
