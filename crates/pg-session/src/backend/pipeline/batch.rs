//! Calls that are sent as one statement. No I/O.

use std::ops::Range;
use std::sync::Arc;

use super::call::Call;
use crate::backend::command::{Command, Statement};

/// Calls of one statement: several only if it has a form for batches. They are sorted by key: all processes lock rows in one
/// order, so batches cannot deadlock. Calls on one key are in the order in which they came.
pub(super) struct Batch {
    pub(super) statement: Arc<Statement>,
    pub(super) calls: Vec<Call>,
}

impl Batch {
    /// Returns the batches for calls of one statement that a lane has taken.
    pub(super) fn split(calls: Vec<Call>) -> Vec<Self> {
        match calls.first() {
            Some(first) if first.goes_alone() => calls.into_iter().filter_map(|call| Self::new(vec![call])).collect(),
            _ => Self::new(calls).into_iter().collect(),
        }
    }

    /// Returns `None` without calls. All are of one statement.
    pub(super) fn new(calls: Vec<Call>) -> Option<Self> {
        let statement = Arc::clone(&calls.first()?.command().statement);
        if calls.len() == 1 {
            return Some(Self { statement, calls });
        }
        // Comparing the first bytes is usually enough.
        let mut calls: Vec<_> = calls.into_iter().map(|call| (prefix(call.command().key()), call)).collect();
        calls.sort_by(|(prefix, call), (other_prefix, other)| {
            prefix.cmp(other_prefix).then_with(|| call.command().key().cmp(other.command().key()))
        });
        Some(Self { statement, calls: calls.into_iter().map(|(_, call)| call).collect() })
    }

    /// Returns whether it is sent in the statement's batch form.
    pub(super) fn is_many(&self) -> bool {
        self.calls.len() > 1
    }

    fn key(&self, call: usize) -> &str {
        self.calls[call].command().key()
    }

    /// Returns the commands to send: the last one of each key.
    pub(super) fn commands(&self) -> impl Iterator<Item = &Command> {
        let is_last = |call: &usize| self.calls.len() == call + 1 || self.key(*call) != self.key(call + 1);
        (0..self.calls.len()).filter(is_last).map(|call| self.calls[call].command())
    }

    /// Returns the positions of the calls with this key. `near` is where they probably are.
    pub(super) fn with_key(&self, key: &str, near: usize) -> Range<usize> {
        let start = match self.calls.get(near) {
            Some(call) if call.command().key() == key && (near == 0 || self.key(near - 1) != key) => near,
            _ => self.calls.partition_point(|call| call.command().key() < key),
        };
        let count = self.calls[start..].iter().take_while(|call| call.command().key() == key).count();
        start..start + count
    }
}

/// Returns the first bytes of a key as a number that sorts like them.
fn prefix(key: &str) -> u64 {
    let mut first = [0; 8];
    first.iter_mut().zip(key.bytes()).for_each(|(place, byte)| *place = byte);
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use smallvec::smallvec;
    use tokio::time::Instant;

    use super::*;
    use crate::backend::command::{Absence, BatchSql, DuplicateKeys};

    fn batch(keys_and_data: &[(&str, &str)]) -> Batch {
        let many =
            Some(BatchSql { sql: String::new(), duplicates: DuplicateKeys::Coalesce, absence: Absence::Harmless });
        let (sql, [no_wal_flush, reads_only, idempotent]) = (String::new(), [false, false, true]);
        let set = Arc::new(Statement { name: "set", sql, native: None, many, no_wal_flush, reads_only, idempotent });
        let call = |(key, data): &(&str, &str)| {
            let command = Command { statement: set.clone(), params: smallvec![(*key).into(), (*data).into()] };
            Call::new(command, 0, Instant::now()).0
        };
        Batch::new(keys_and_data.iter().map(call).collect()).unwrap()
    }

    #[test]
    fn the_last_command_of_a_key_is_sent_and_all_its_calls_are_found() {
        let batch = batch(&[("b", "1"), ("a", "2"), ("b", "3"), ("b", "4")]);
        let sent: Vec<_> = batch.commands().filter_map(|command| command.params[1].text()).collect();
        assert_eq!(sent, ["2", "4"]);
        for near in 0..5 {
            let found = ["a", "b", "c", ""].map(|key| batch.with_key(key, near));
            assert_eq!(found, [0..1, 1..4, 4..4, 0..0]);
        }
    }

    #[test]
    fn calls_are_sorted_by_the_bytes_of_their_keys() {
        let mut keys = ["b", "", "same start, b", "é", "a", "same start, a", "same start", "B"];
        let batch = batch(&keys.map(|key| (key, "")));
        keys.sort_unstable();
        assert_eq!(batch.calls.iter().map(|call| call.command().key()).collect::<Vec<_>>(), keys);
        assert!(Batch::split(Vec::new()).is_empty());
    }
}
