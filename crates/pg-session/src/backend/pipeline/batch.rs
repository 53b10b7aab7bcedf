//! Calls that go as one statement. No I/O.

use std::ops::Range;
use std::sync::Arc;

use crate::backend::{Command, Statement};

/// What is put together: a command with whatever belongs to it.
pub(super) trait Member {
    fn command(&self) -> &Command;
}

/// Commands of one kind, which go as one statement. More than one only where the statement has a form for many. They
/// are in the order of their keys, in which all processes lock, so that none waits for another in a circle.
pub(super) struct Group<M> {
    pub(super) statement: Arc<Statement>,
    pub(super) members: Vec<M>,
}

impl<M: Member> Group<M> {
    /// Of members with one statement; none of none. Those with the same key stay as they came.
    pub(super) fn of(members: Vec<M>) -> Option<Self> {
        let statement = Arc::clone(&members.first()?.command().statement);
        // Mostly told apart without a look at the key.
        let mut members: Vec<_> = members.into_iter().map(|member| (prefix(member.command().key()), member)).collect();
        members.sort_by(|(first, one), (second, other)| {
            first.cmp(second).then_with(|| one.command().key().cmp(other.command().key()))
        });
        Some(Self { statement, members: members.into_iter().map(|(_, member)| member).collect() })
    }

    fn key(&self, member: usize) -> &str {
        self.members[member].command().key()
    }

    /// Of members with the same key, the last.
    pub(super) fn distinct(&self) -> impl Iterator<Item = &Command> {
        let last = |member: &usize| self.members.len() == member + 1 || self.key(*member) != self.key(member + 1);
        (0..self.members.len()).filter(last).map(|member| self.members[member].command())
    }

    /// The places of the members with this key. `near` is where they are likely to be.
    pub(super) fn with_key(&self, key: &str, near: usize) -> Range<usize> {
        let start = match self.members.get(near) {
            Some(member) if member.command().key() == key && (near == 0 || self.key(near - 1) != key) => near,
            _ => self.members.partition_point(|member| member.command().key() < key),
        };
        let count = self.members[start..].iter().take_while(|member| member.command().key() == key).count();
        start..start + count
    }
}

/// The first bytes of a key, in its order.
fn prefix(key: &str) -> u64 {
    let mut first = [0; 8];
    first.iter_mut().zip(key.bytes()).for_each(|(place, byte)| *place = byte);
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use smallvec::smallvec;

    use super::*;
    use crate::backend::{Absence, BatchSql, DuplicateKeys};

    impl Member for Command {
        fn command(&self) -> &Command {
            self
        }
    }

    #[test]
    fn of_one_key_the_last_goes_and_all_are_answered() {
        let many =
            Some(BatchSql { sql: String::new(), duplicates: DuplicateKeys::Coalesce, absence: Absence::Harmless });
        let (sql, [no_wal_flush, reads_only, idempotent]) = (String::new(), [false, false, true]);
        let set = Arc::new(Statement { name: "set", sql, many, no_wal_flush, reads_only, idempotent });
        let command =
            |key: &str, data: &str| Command { statement: set.clone(), params: smallvec![key.into(), data.into()] };
        let commands = vec![command("b", "1"), command("a", "2"), command("b", "3"), command("b", "4")];
        let group = Group::of(commands).unwrap();
        let sent: Vec<_> = group.distinct().filter_map(|command| command.params[1].text()).collect();
        assert_eq!(sent, ["2", "4"]);
        for near in 0..5 {
            let found = ["a", "b", "c", ""].map(|key| group.with_key(key, near));
            assert_eq!(found, [0..1, 1..4, 4..4, 0..0]);
        }
    }

    #[test]
    fn members_are_in_the_order_of_the_bytes_of_their_keys() {
        let (sql, [no_wal_flush, reads_only, idempotent]) = (String::new(), [true; 3]);
        let get = Arc::new(Statement { name: "get", sql, many: None, no_wal_flush, reads_only, idempotent });
        let mut keys = ["b", "", "same start, b", "é", "a", "same start, a", "same start", "B"];
        let commands = keys.map(|key| Command { statement: get.clone(), params: smallvec![key.into()] });
        let group = Group::of(commands.into()).unwrap();
        keys.sort_unstable();
        assert_eq!(group.members.iter().map(Command::key).collect::<Vec<_>>(), keys);
        assert!(Group::of(Vec::<Command>::new()).is_none());
    }
}
