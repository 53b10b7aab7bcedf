//! What the calls on one id may have done, and when.

use std::collections::BTreeMap;

use crate::history::{Answer, Call, Client, Data, Number, Time, Verb};

/// A part of a session's data.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Key {
    Born,
    Of(Client),
}

/// What a call does to a part.
#[derive(Eq, PartialEq)]
pub(super) enum Effect {
    Puts(Number),
    Removes,
    Nothing,
}

/// Who looks at a session, and when. A rotation does too: it takes along what is there.
#[derive(Clone, Copy)]
pub(super) struct Look {
    pub(super) began: Time,
    pub(super) ended: Time,
    pub(super) rotation: Option<Number>,
}

/// The calls on one id that may have had an effect.
#[derive(Default)]
pub(super) struct Session<'h> {
    /// On all of it: `set`, `create`, `destroy`, and `rotate` to another id.
    pub(super) whole: Vec<&'h Call>,
    /// Updates, by client.
    pub(super) updates: BTreeMap<Client, Vec<&'h Call>>,
    /// The rotation to this id.
    pub(super) source: Option<&'h Call>,
    /// When it was created, under this id or one that it had before.
    pub(super) born: Option<Born>,
    /// What moved its expiry, where that comes in the run, in the order in which it began.
    pub(super) lengthened: Vec<&'h Call>,
    /// By which time all of `lengthened` up to this place had happened.
    pub(super) lengthened_by: Vec<Time>,
}

/// Between which times a session was created, and by which call at the latest.
#[derive(Clone, Copy)]
pub(super) struct Born {
    pub(super) from: Time,
    pub(super) by: Time,
    pub(super) maker: Number,
}

impl Born {
    /// By one call or the other.
    pub(super) fn or(self, other: Self) -> Self {
        let last = if other.by > self.by { other } else { self };
        Self { from: self.from.min(other.from), ..last }
    }
}

impl<'h> Session<'h> {
    /// What may have changed this part.
    pub(super) fn changes(&self, key: Key) -> impl Iterator<Item = &'h Call> {
        let updates = match key {
            Key::Born => None,
            Key::Of(client) => self.updates.get(&client),
        };
        self.whole.iter().chain(updates.into_iter().flatten()).copied()
    }

    /// What may have made a session with this id.
    pub(super) fn makers(&self) -> impl Iterator<Item = &'h Call> {
        let made = |call: &&Call| matches!(call.verb, Verb::Set(_) | Verb::Create(_));
        self.whole.iter().copied().filter(made).chain(self.source)
    }
}

impl Look {
    pub(super) fn of(call: &Call) -> Self {
        Self { began: call.began, ended: call.ended, rotation: None }
    }
}

impl Call {
    /// Whether it says that it had no effect, as it found no session, or a live one where it would have made one.
    pub(super) fn is_refused(&self) -> bool {
        let is_conditional = matches!(self.verb, Verb::Create(_) | Verb::Update { .. } | Verb::Rotate(_) | Verb::Touch);
        is_conditional && self.answer == Answer::No
    }

    /// Whether its answer shows that the session was alive when the call took effect.
    pub(super) fn shows_life(&self) -> bool {
        match self.verb {
            Verb::Create(_) => self.answer == Answer::No,
            _ => matches!(self.answer, Answer::Found(_) | Answer::Yes),
        }
    }

    /// From when on a removal may have been merged with what it puts.
    pub(super) fn merged_since(&self) -> Time {
        match self.verb {
            Verb::Update { base, .. } => base,
            _ => self.began,
        }
    }
}

pub(super) fn effect(call: &Call, key: Key) -> Effect {
    let put = |value: Option<Number>| value.map_or(Effect::Removes, Effect::Puts);
    match (&call.verb, key) {
        (Verb::Set(data) | Verb::Create(data), key) => put(part(data, key)),
        (Verb::Update { before, after, .. }, Key::Of(client)) if client == call.client && before != after => {
            put(*after)
        }
        (Verb::Destroy | Verb::Rotate(_), _) => Effect::Removes,
        _ => Effect::Nothing,
    }
}

pub(super) fn part(data: &Data, key: Key) -> Option<Number> {
    match key {
        Key::Born => Some(data.born),
        Key::Of(client) => data.of.get(&client).copied(),
    }
}
