//! The possible effects of the calls on one id.

use std::collections::BTreeMap;

use crate::history::{Answer, Call, Client, Data, Number, Operation, Time};

/// A part of a session's data.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Key {
    CreatedBy,
    Value(Client),
}

/// What a call does to a part.
#[derive(Eq, PartialEq)]
pub(super) enum Effect {
    Writes(Number),
    Removes,
    Nothing,
}

/// An observation of a session. A rotation observes the session too, because it moves what is there.
#[derive(Clone, Copy)]
pub(super) struct Observation {
    pub(super) began: Time,
    pub(super) ended: Time,
    pub(super) rotation: Option<Number>,
}

/// The calls on one id that may have had an effect.
#[derive(Default)]
pub(super) struct Session<'h> {
    /// Changes to the whole session: `set`, `create`, `destroy`, and `rotate` to another id.
    pub(super) whole: Vec<&'h Call>,
    /// Updates, by client.
    pub(super) updates: BTreeMap<Client, Vec<&'h Call>>,
    /// The rotation to this id.
    pub(super) source: Option<&'h Call>,
    /// When it was created, under this id or an earlier one.
    pub(super) creation: Option<Creation>,
    /// The calls that moved its expiry, if it expires during the run, in the order in which they began.
    pub(super) extensions: Vec<&'h Call>,
    /// For each index, the time by which all of `extensions` up to it had taken effect.
    pub(super) extended_by: Vec<Time>,
}

/// The period in which a session was created, and the last call that may have created it.
#[derive(Clone, Copy)]
pub(super) struct Creation {
    pub(super) earliest: Time,
    pub(super) latest: Time,
    pub(super) call: Number,
}

impl Creation {
    /// Returns the creation by either of two calls.
    pub(super) fn or(self, other: Self) -> Self {
        let last = if other.latest > self.latest { other } else { self };
        Self { earliest: self.earliest.min(other.earliest), ..last }
    }
}

impl<'h> Session<'h> {
    /// Returns the calls that may have changed this part.
    pub(super) fn changes(&self, key: Key) -> impl Iterator<Item = &'h Call> {
        let updates = match key {
            Key::CreatedBy => None,
            Key::Value(client) => self.updates.get(&client),
        };
        self.whole.iter().chain(updates.into_iter().flatten()).copied()
    }

    /// Returns the calls that may have created a session with this id.
    pub(super) fn creators(&self) -> impl Iterator<Item = &'h Call> {
        let creates = |call: &&Call| matches!(call.operation, Operation::Set(_) | Operation::Create(_));
        self.whole.iter().copied().filter(creates).chain(self.source)
    }
}

impl Observation {
    pub(super) fn of(call: &Call) -> Self {
        Self { began: call.began, ended: call.ended, rotation: None }
    }
}

impl Call {
    /// Returns whether its answer says that it had no effect: the session did not exist, or `create` found a live one.
    pub(super) fn is_refused(&self) -> bool {
        let is_conditional = matches!(
            self.operation,
            Operation::Create(_) | Operation::Update { .. } | Operation::Rotate(_) | Operation::Touch
        );
        is_conditional && self.answer == Answer::No
    }

    /// Returns whether its answer shows that the session was alive when the call took effect.
    pub(super) fn shows_life(&self) -> bool {
        match self.operation {
            Operation::Create(_) => self.answer == Answer::No,
            _ => matches!(self.answer, Answer::Found(_) | Answer::Yes),
        }
    }

    /// Returns the time from which a removal may have been merged with the value that this call writes.
    pub(super) fn merges_since(&self) -> Time {
        match self.operation {
            Operation::Update { base, .. } => base,
            _ => self.began,
        }
    }
}

pub(super) fn effect(call: &Call, key: Key) -> Effect {
    let write = |value: Option<Number>| value.map_or(Effect::Removes, Effect::Writes);
    match (&call.operation, key) {
        (Operation::Set(data) | Operation::Create(data), key) => write(part(data, key)),
        (Operation::Update { before, after, .. }, Key::Value(client)) if client == call.client && before != after => {
            write(*after)
        }
        (Operation::Destroy | Operation::Rotate(_), _) => Effect::Removes,
        _ => Effect::Nothing,
    }
}

pub(super) fn part(data: &Data, key: Key) -> Option<Number> {
    match key {
        Key::CreatedBy => Some(data.created_by),
        Key::Value(client) => data.values.get(&client).copied(),
    }
}
