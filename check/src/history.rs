//! What was called, when, and what it answered.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The number of a session's id: each has one, and none is given twice.
pub type Id = u32;

/// The number of a call, by when it began. It is also the value that the call writes, so that every value says whose it is.
pub type Number = u32;

/// Who calls, one call after the other.
pub type Client = u32;

/// Since the run began, by one monotonic clock.
pub type Time = Duration;

/// When a call ended of which nobody knows whether it did.
pub const NEVER: Time = Duration::MAX;

/// A session's data: by which call it is there, and what each client has put in last, in a key of its own.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Data {
    /// The `set` or `create` that this is from. No update changes it.
    pub born: Number,
    /// By client, the call that wrote last.
    pub of: BTreeMap<Client, Number>,
}

/// One call, and its answer.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its number.
    pub number: Number,
    /// Who called.
    pub client: Client,
    /// The id that it was about.
    pub id: Id,
    /// When it was about to be made.
    pub began: Time,
    /// When its answer was there.
    pub ended: Time,
    /// What was asked.
    pub verb: Verb,
    /// What was answered.
    pub answer: Answer,
}

/// What was asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verb {
    /// Read the session.
    Get,
    /// Insert or replace it.
    Set(Data),
    /// Insert it, unless it lives.
    Create(Data),
    /// Change the client's own key, against what a `get` found.
    Update {
        /// When that `get` began.
        base: Time,
        /// What it found in the client's key.
        before: Option<Number>,
        /// What the key should hold: the update's own number, what was there, or nothing.
        after: Option<Number>,
    },
    /// Move its expiry.
    Touch,
    /// Delete it.
    Destroy,
    /// Give it this id, which nobody has used before.
    Rotate(Id),
}

/// What was answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// The session, by a `get`.
    Found(Data),
    /// Of `create`: it is there now. Of every other verb: it lived, and what was asked is done.
    Yes,
    /// Of `create`: a live one is there. Of every other verb: there is no such session.
    No,
    /// It is done; whether there was a session is not told.
    Done,
    /// The call failed: it may or may not have happened, or may happen later.
    Unknown,
}

/// A whole run.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Every call, at the place of its number.
    pub calls: Vec<Call>,
    /// The time to live of the sessions with ids that expire in the run. All calls on such an id give the same, and so
    /// do those on the ids that it is rotated to.
    pub brief: BTreeMap<Id, Duration>,
    /// How long a session lives at most, under whatever ids, where the store has such a limit.
    pub max_age: Option<Duration>,
    /// By how much the clocks of the run and of the store may differ, and the store may round a time to live.
    pub slack: Duration,
}

impl Call {
    /// When it had happened, if it did, as far as its own answer tells.
    pub(crate) fn answered_by(&self) -> Time {
        if self.answer == Answer::Unknown { NEVER } else { self.ended }
    }
}
