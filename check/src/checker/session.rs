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
    /// What moved its expiry, where that comes in the run.
    pub(super) lengthened: Vec<&'h Call>,
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

    /// Whether a change took effect before that look. An update finds no session where it was rotated away: if it was
    /// acknowledged, it was before the rotation, unless another session has the old id.
    pub(super) fn is_before(&self, change: &Call, look: Look) -> bool {
        let is_once =
            || self.makers().count() == 1 && !matches!(self.makers().next().map(|m| &m.verb), Some(Verb::Set(_)));
        change.ended < look.began || look.rotation.is_some() && matches!(change.verb, Verb::Update { .. }) && is_once()
    }
}

impl Look {
    pub(super) fn of(call: &Call) -> Self {
        Self { began: call.began, ended: call.ended, rotation: None }
    }

    pub(super) fn of_rotation(rotation: &Call) -> Self {
        Self { began: rotation.began, ended: rotation.happened_by(), rotation: Some(rotation.number) }
    }
}

impl Call {
    /// Whether it surely had its effect. An update that was sent again may find the session gone that it had changed.
    pub(super) fn is_certain(&self) -> bool {
        match self.verb {
            Verb::Update { .. } => matches!(self.answer, Answer::Yes | Answer::Done),
            _ => self.answer != Answer::Unknown,
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
