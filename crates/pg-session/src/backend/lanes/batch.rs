//! Which commands go together, and in which order. No I/O.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use crate::backend::{Command, SameKey, Statement};

/// What is put together: a command with whatever belongs to it.
pub(super) trait Member {
    fn command(&self) -> &Command;

    /// Whether it must have a statement of its own.
    fn is_alone(&self) -> bool {
        false
    }
}

/// Commands of one kind, which go as one statement. More than one only where the statement has a form for many. They
/// are in the order of their keys, in which all processes lock, so that none waits for another in a circle.
pub(super) struct Group<M> {
    pub(super) statement: Arc<Statement>,
    pub(super) members: Vec<M>,
    is_alone: bool,
}

impl<M: Member> Group<M> {
    fn of(member: M) -> Self {
        Self { statement: Arc::clone(&member.command().statement), is_alone: member.is_alone(), members: vec![member] }
    }

    fn takes(&self, member: &M) -> bool {
        !self.is_alone
            && !member.is_alone()
            && self.statement.many.is_some()
            && Arc::ptr_eq(&self.statement, &member.command().statement)
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

/// Puts commands of one kind together, into few groups, so that the commands on one key keep their order.
pub(super) fn groups<M: Member>(members: Vec<M>) -> Vec<Group<M>> {
    let mut groups: Vec<Group<M>> = Vec::new();
    // The group of the last command, which may have the same key: what comes after it must not go before it.
    let mut last = 0;
    for (member, follows) in by_key(members) {
        let together = || member.command().statement.many.as_ref().is_some_and(|many| many.same_key != SameKey::Apart);
        let first = match follows {
            false => 0,
            true if together() && groups[last].takes(&member) => last,
            true => last + 1,
        };
        last = (first..groups.len()).find(|&group| groups[group].takes(&member)).unwrap_or(groups.len());
        match groups.get_mut(last) {
            Some(group) => group.members.push(member),
            None => groups.push(Group::of(member)),
        }
    }
    groups
}

/// The members in the order of their keys, those with the same key as they came, and whether the one before has it too.
fn by_key<M: Member>(members: Vec<M>) -> impl Iterator<Item = (M, bool)> {
    let prefix = |member: &M| {
        let key = member.command().key().as_bytes();
        let mut first = [0; 8];
        first[..key.len().min(8)].copy_from_slice(&key[..key.len().min(8)]);
        u64::from_be_bytes(first)
    };
    // Small to move, and mostly told apart without a look at the key.
    let mut places: Vec<(u64, usize)> = members.iter().map(prefix).zip(0..).collect();
    let key = |place: usize| members[place].command().key();
    let order = |one: &(u64, usize), other: &(u64, usize)| match one.0.cmp(&other.0) {
        Ordering::Equal => key(one.1).cmp(key(other.1)),
        order => order,
    };
    places.sort_unstable_by(|one, other| order(one, other).then(one.1.cmp(&other.1)));
    let follows: Vec<bool> =
        (0..places.len()).map(|nth| nth > 0 && order(&places[nth - 1], &places[nth]) == Ordering::Equal).collect();
    let mut members: Vec<Option<M>> = members.into_iter().map(Some).collect();
    places.into_iter().zip(follows).filter_map(move |((_, place), follows)| Some((members[place].take()?, follows)))
}

#[cfg(test)]
mod tests {
    use smallvec::smallvec;

    use super::*;
    use crate::backend::Many;

    impl Member for Command {
        fn command(&self) -> &Command {
            self
        }
    }

    fn statement(name: &'static str, same_key: Option<SameKey>) -> Arc<Statement> {
        let many = same_key.map(|same_key| Many { sql: String::new(), same_key });
        Arc::new(Statement { name, sql: String::new(), many, repeatable: true })
    }

    /// The groups of commands such as `get a`, each as `get a b`.
    fn grouped(commands: &[&str]) -> Vec<String> {
        let kinds = [
            statement("get", Some(SameKey::Together)),
            statement("set", Some(SameKey::LastStands)),
            statement("touch", Some(SameKey::Apart)),
            statement("sweep", None),
        ];
        let command = |text: &&str| {
            let (name, key) = text.split_once(' ').unwrap();
            let statement = kinds.iter().find(|kind| kind.name == name).unwrap();
            Command { statement: Arc::clone(statement), params: smallvec![key.into()] }
        };
        let told = |group: &Group<Command>| {
            let keys: Vec<_> = group.members.iter().map(Command::key).collect();
            format!("{} {}", group.statement.name, keys.join(" "))
        };
        groups(commands.iter().map(command).collect()).iter().map(told).collect()
    }

    #[test]
    fn one_kind_goes_together() {
        assert_eq!(grouped(&["get a", "set b", "get c", "set d", "get a"]), ["get a a c", "set b d"]);
        assert_eq!(grouped(&["sweep 0", "sweep 1"]), ["sweep 0", "sweep 1"]);
        assert!(grouped(&[]).is_empty());
    }

    #[test]
    fn commands_on_one_key_keep_their_order() {
        assert_eq!(grouped(&["get a", "set a", "get b", "get a"]), ["get a b", "set a", "get a"]);
        assert_eq!(grouped(&["set a", "touch a", "set b", "set a"]), ["set a b", "touch a", "set a"]);
        assert_eq!(grouped(&["set a", "set a", "get a", "set a"]), ["set a a", "get a", "set a"]);
        assert_eq!(grouped(&["touch a", "touch b", "touch a"]), ["touch a b", "touch a"]);
    }

    #[test]
    fn of_one_key_the_last_goes_and_all_are_answered() {
        let set = statement("set", Some(SameKey::LastStands));
        let command =
            |key: &str, data: &str| Command { statement: set.clone(), params: smallvec![key.into(), data.into()] };
        let group = groups(vec![command("b", "1"), command("a", "2"), command("b", "3"), command("b", "4")]).remove(0);
        let sent: Vec<_> = group.distinct().filter_map(|command| command.params[1].text()).collect();
        assert_eq!(sent, ["2", "4"]);
        for near in 0..5 {
            let found = ["a", "b", "c", ""].map(|key| group.with_key(key, near));
            assert_eq!(found, [0..1, 1..4, 4..4, 0..0]);
        }
    }
}
