use std::collections::VecDeque;
use std::time::Duration;

use fastrand::Rng;

use crate::history::{Id, Time};

/// How many calls a session is for, before another takes its place: so that histories of one id stay short.
const CALLS: u32 = 300;

/// How many of the former ids are still called.
const FORMER: usize = 4;

/// What becomes of the sessions in a slot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// They are set, created and destroyed under one id.
    Steady,
    /// They are created once, and go from id to id.
    Moving,
    /// They expire.
    Brief,
}

/// A place with one session after another, which all clients call.
pub(super) struct Slot {
    pub(super) kind: Kind,
    current: Id,
    former: VecDeque<Id>,
    calls_left: u32,
    since: Time,
    is_being_renewed: bool,
}

/// What a brief session is good for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Phase {
    /// Whatever its kind is good for.
    Lives,
    /// It expires; only to be looked at, so that nothing lengthens its life.
    Expires,
    /// It must be gone.
    IsOver,
}

impl Slot {
    /// Without a session yet: to be renewed.
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            current: Id::MAX,
            former: VecDeque::new(),
            calls_left: 0,
            since: Time::ZERO,
            is_being_renewed: false,
        }
    }

    /// Whether the caller should put another session here, and call `renewed` then. Once for all callers.
    pub(super) fn is_to_be_renewed(&mut self, now: Time, brief: Duration) -> bool {
        let is_due = match self.kind {
            Kind::Brief => self.current == Id::MAX || now - self.since > brief * 3,
            Kind::Steady | Kind::Moving => self.calls_left == 0,
        };
        is_due && !std::mem::replace(&mut self.is_being_renewed, true)
    }

    /// The same, for this id was found dead.
    pub(super) fn is_to_be_renewed_after(&mut self, dead: Id) -> bool {
        self.kind == Kind::Moving && self.current == dead && !std::mem::replace(&mut self.is_being_renewed, true)
    }

    pub(super) fn renewed(&mut self, id: Id, now: Time) {
        self.moved(id);
        (self.calls_left, self.since, self.is_being_renewed) = (CALLS, now, false);
    }

    /// The session that was under `old` is under `new`.
    pub(super) fn rotated(&mut self, old: Id, new: Id) {
        if self.current == old {
            self.moved(new);
        }
    }

    fn moved(&mut self, id: Id) {
        if self.current != Id::MAX {
            self.former.push_front(self.current);
            self.former.truncate(FORMER);
        }
        self.current = id;
    }

    /// The id to call, mostly the one of now; none before the first session.
    pub(super) fn pick(&mut self, rng: &mut Rng) -> Option<Id> {
        self.calls_left = self.calls_left.saturating_sub(1);
        match self.former.get(rng.usize(0..FORMER * 6)) {
            Some(former) => Some(*former),
            None => Some(self.current).filter(|id| *id != Id::MAX),
        }
    }

    pub(super) fn phase(&self, now: Time, brief: Duration) -> Phase {
        let age = now - self.since;
        match self.kind {
            Kind::Brief if age > brief * 2 => Phase::IsOver,
            Kind::Brief if age > brief / 2 => Phase::Expires,
            _ => Phase::Lives,
        }
    }
}
