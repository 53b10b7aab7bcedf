use std::collections::VecDeque;
use std::time::Duration;

use fastrand::Rng;

use crate::history::{Id, Time};
use crate::store::Store;

/// The time to live where nothing should expire.
pub(super) const LONG: Duration = Duration::from_secs(3600);

/// The time to live of what is in use all the time: long enough for most pauses of a busy machine.
const SHORT: Duration = Duration::from_millis(200);

/// Longer than that, so that it is the age that ends sessions.
pub(super) const MAX_AGE: Duration = Duration::from_millis(900);

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
    /// They are in use for longer than their time to live, and then expire.
    Aged,
    /// They go from id to id until they are too old, also while they are in use.
    Renewed,
}

impl Kind {
    /// The time to live of its sessions.
    pub(super) fn ttl<S: Store>(self) -> Duration {
        match self {
            Self::Steady | Self::Moving => LONG,
            Self::Brief => S::BRIEF,
            Self::Aged | Self::Renewed => SHORT,
        }
    }

    /// Until which age a session of this kind is used, only looked at, and looked for though it must be gone. None where
    /// it is used until there were enough calls.
    fn ages<S: Store>(self) -> Option<[Duration; 3]> {
        match self {
            Self::Steady | Self::Moving => None,
            Self::Brief => Some([S::BRIEF / 2, S::BRIEF * 2, S::BRIEF * 3]),
            Self::Aged => Some([SHORT * 6, SHORT * 8, SHORT * 9]),
            // In use also when it is too old.
            Self::Renewed => Some([MAX_AGE * 4 / 3; 3]),
        }
    }
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

/// What a session that expires is good for.
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
    pub(super) fn is_to_be_renewed<S: Store>(&mut self, now: Time) -> bool {
        let is_due = match self.kind.ages::<S>() {
            Some([.., end]) => self.current == Id::MAX || now - self.since > end,
            None => self.calls_left == 0,
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

    pub(super) fn phase<S: Store>(&self, now: Time) -> Phase {
        let age = now - self.since;
        match self.kind.ages::<S>() {
            Some([_, expires, _]) if age > expires => Phase::IsOver,
            Some([lives, ..]) if age > lives => Phase::Expires,
            _ => Phase::Lives,
        }
    }
}
