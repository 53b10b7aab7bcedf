//! Which commands go together, and in which order. No I/O.

use std::collections::HashMap;
use std::sync::Arc;

use crate::backend::{Command, SameKey, Statement};

/// Commands of one kind, which go as one statement. More than one only where the statement has a form for many.
pub(super) struct Group<C> {
    pub(super) statement: Arc<Statement>,
    pub(super) members: Vec<C>,
}

impl<C: AsRef<Command>> Group<C> {
    fn of(member: C) -> Self {
        Self { statement: Arc::clone(&member.as_ref().statement), members: vec![member] }
    }

    /// Each command by itself.
    pub(super) fn apart(self) -> impl Iterator<Item = Self> {
        self.members.into_iter().map(Self::of)
    }

    /// Brings the members into the order in which all processes lock, so that none waits for another in a circle.
    pub(super) fn sort(&mut self) {
        self.members.sort_by(|one, other| one.as_ref().key().cmp(other.as_ref().key()));
    }

    /// Of members with the same key, the last; the members must be sorted.
    pub(super) fn distinct(&self) -> impl Iterator<Item = &Command> {
        let next = self.members.iter().skip(1).map(|next| Some(next.as_ref().key())).chain([None]);
        let pairs = self.members.iter().map(AsRef::as_ref).zip(next);
        pairs.filter(|(member, next)| Some(member.key()) != *next).map(|(member, _)| member)
    }

    /// The places of the members with this key; the members must be sorted.
    pub(super) fn with_key(&self, key: &str) -> std::ops::Range<usize> {
        let start = self.members.partition_point(|member| member.as_ref().key() < key);
        let count = self.members[start..].iter().take_while(|member| member.as_ref().key() == key).count();
        start..start + count
    }
}

/// Puts commands of one kind together, into few groups, so that the commands on one key keep their order.
pub(super) fn groups<C: AsRef<Command>>(commands: Vec<C>) -> Vec<Group<C>> {
    let places = places(&commands);
    let mut groups: Vec<Group<C>> = Vec::new();
    for (command, place) in commands.into_iter().zip(places) {
        match groups.get_mut(place) {
            Some(group) => group.members.push(command),
            None => groups.push(Group::of(command)),
        }
    }
    groups
}

/// The number of each command's group.
fn places<C: AsRef<Command>>(commands: &[C]) -> Vec<usize> {
    let mut kinds: Vec<&Arc<Statement>> = Vec::new();
    let mut latest: HashMap<&str, usize> = HashMap::with_capacity(commands.len());
    let mut places = Vec::with_capacity(commands.len());
    for command in commands.iter().map(AsRef::as_ref) {
        let same_key = command.statement.many.as_ref().map(|many| many.same_key);
        let is_kind = |kind: &Arc<Statement>| same_key.is_some() && Arc::ptr_eq(kind, &command.statement);
        let first = match latest.get(command.key()) {
            None => 0,
            Some(&group) if same_key != Some(SameKey::Apart) && is_kind(kinds[group]) => group,
            Some(&group) => group + 1,
        };
        let place = (first..kinds.len()).find(|&group| is_kind(kinds[group])).unwrap_or_else(|| {
            kinds.push(&command.statement);
            kinds.len() - 1
        });
        latest.insert(command.key(), place);
        places.push(place);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Many;

    impl AsRef<Command> for Command {
        fn as_ref(&self) -> &Command {
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
            Command { statement: Arc::clone(statement), params: vec![key.to_owned()] }
        };
        let told = |group: &Group<Command>| {
            let keys: Vec<_> = group.members.iter().map(Command::key).collect();
            format!("{} {}", group.statement.name, keys.join(" "))
        };
        groups(commands.iter().map(command).collect()).iter().map(told).collect()
    }

    #[test]
    fn one_kind_goes_together() {
        assert_eq!(grouped(&["get a", "set b", "get c", "set d", "get a"]), ["get a c a", "set b d"]);
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
        let command = |key: &str, data: &str| Command { statement: set.clone(), params: vec![key.into(), data.into()] };
        let mut group =
            groups(vec![command("b", "1"), command("a", "2"), command("b", "3"), command("b", "4")]).remove(0);
        group.sort();
        let sent: Vec<_> = group.distinct().map(|command| command.params.join("")).collect();
        assert_eq!(sent, ["a2", "b4"]);
        assert_eq!((group.with_key("a"), group.with_key("b"), group.with_key("c")), (0..1, 1..4, 4..4));
    }
}
