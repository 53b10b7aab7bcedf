//! A place for one session after another, which all clients call.

use std::collections::VecDeque;
use std::time::Duration;

use fastrand::Rng;

use crate::history::{Id, Time};
use crate::store::Store;

/// The time to live of sessions that do not expire during a run.
pub(super) const LONG_TTL: Duration = Duration::from_secs(3600);

/// The time to live of sessions that stay in use. It is longer than most pauses of a busy machine.
const USED_TTL: Duration = Duration::from_millis(200);

/// Longer than the time to live, so that the age ends sessions.
pub(super) const MAX_AGE: Duration = Duration::from_millis(900);

/// How many calls a session gets before another one replaces it. It keeps the histories of single ids short.
const CALLS: u32 = 300;

/// How many previous ids are still called.
const PREVIOUS: usize = 4;

/// What happens to the sessions in a slot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum SlotKind {
    /// They are set, created and destroyed under one id.
    Steady,
    /// They are created once, and rotated from id to id.
    Rotated,
    /// They expire.
    ShortLived,
    /// They stay in use for longer than their time to live, and then expire.
    Aged,
    /// They are in use and rotated until they are too old.
    Renewed,
}

/// The ages at which a session that expires enters its next phase.
struct Ages {
    in_use: Duration,
    expiring: Duration,
    expired: Duration,
}

impl SlotKind {
    pub(super) fn ttl<S: Store>(self) -> Duration {
        match self {
            Self::Steady | Self::Rotated => LONG_TTL,
            Self::ShortLived => S::SHORT_TTL,
            Self::Aged | Self::Renewed => USED_TTL,
        }
    }

    /// Returns the ages until which each phase lasts, or `None` if sessions of this kind do not expire.
    fn ages<S: Store>(self) -> Option<Ages> {
        let ages = |in_use, expiring, expired| Some(Ages { in_use, expiring, expired });
        match self {
            Self::Steady | Self::Rotated => None,
            Self::ShortLived => ages(S::SHORT_TTL / 2, S::SHORT_TTL * 2, S::SHORT_TTL * 3),
            Self::Aged => ages(USED_TTL * 6, USED_TTL * 8, USED_TTL * 9),
            // They stay in use even beyond their greatest age.
            Self::Renewed => ages(MAX_AGE * 4 / 3, MAX_AGE * 4 / 3, MAX_AGE * 4 / 3),
        }
    }
}

pub(super) struct Slot {
    pub(super) kind: SlotKind,
    /// `Id::MAX` before the first session.
    current: Id,
    previous: VecDeque<Id>,
    calls_left: u32,
    created: Time,
    is_being_replaced: bool,
}

/// What a session is used for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Phase {
    /// For everything that its kind allows.
    InUse,
    /// For reads only, because nothing may extend its life.
    Expiring,
    /// To check that it has ended.
    Expired,
}

impl Slot {
    /// Creates a slot without a session.
    pub(super) fn new(kind: SlotKind) -> Self {
        Self {
            kind,
            current: Id::MAX,
            previous: VecDeque::new(),
            calls_left: 0,
            created: Time::ZERO,
            is_being_replaced: false,
        }
    }

    /// Returns whether the session is due for replacement. If so, only this caller creates a new session and then calls
    /// [`replace`](Self::replace).
    pub(super) fn claim_replacement<S: Store>(&mut self, now: Time) -> bool {
        let is_due = match self.kind.ages::<S>() {
            Some(ages) => self.current == Id::MAX || now.saturating_sub(self.created) > ages.expired,
            None => self.calls_left == 0,
        };
        is_due && !std::mem::replace(&mut self.is_being_replaced, true)
    }

    /// The same, when this id was found dead.
    pub(super) fn claim_replacement_of(&mut self, dead: Id) -> bool {
        let is_due = self.kind == SlotKind::Rotated && self.current == dead;
        is_due && !std::mem::replace(&mut self.is_being_replaced, true)
    }

    pub(super) fn replace(&mut self, id: Id, now: Time) {
        self.set_current(id);
        (self.calls_left, self.created, self.is_being_replaced) = (CALLS, now, false);
    }

    pub(super) fn rotate(&mut self, old: Id, new: Id) {
        if self.current == old {
            self.set_current(new);
        }
    }

    fn set_current(&mut self, id: Id) {
        if self.current != Id::MAX {
            self.previous.push_front(self.current);
            self.previous.truncate(PREVIOUS);
        }
        self.current = id;
    }

    /// Returns the id to call, which is mostly the current one, or `None` before the first session.
    pub(super) fn pick(&mut self, rng: &mut Rng) -> Option<Id> {
        self.calls_left = self.calls_left.saturating_sub(1);
        match self.previous.get(rng.usize(0..PREVIOUS * 6)) {
            Some(previous) => Some(*previous),
            None => Some(self.current).filter(|id| *id != Id::MAX),
        }
    }

    pub(super) fn phase<S: Store>(&self, now: Time) -> Phase {
        // Another client may have replaced the session since the time was taken.
        let age = now.saturating_sub(self.created);
        match self.kind.ages::<S>() {
            Some(ages) if age > ages.expiring => Phase::Expired,
            Some(ages) if age > ages.in_use => Phase::Expiring,
            _ => Phase::InUse,
        }
    }
}
