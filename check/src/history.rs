//! The record of a run: every call, when it was made, and its answer.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A session's id, as a number. No id is handed out twice.
pub type Id = u32;

/// The number of a call, in the order in which calls began. It is also the value that the call writes, so that every
/// value names its writer.
pub type Number = u32;

/// The number of a client. A client makes one call at a time.
pub type Client = u32;

/// The time since the run began, by one monotonic clock.
pub type Time = Duration;

/// Later than any time in a run.
pub const NEVER: Time = Duration::MAX;

/// A session's data.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Data {
    /// The `set` or `create` that wrote the session as a whole. No update changes it.
    pub created_by: Number,
    /// For each client, the last call that wrote the client's own key.
    pub values: BTreeMap<Client, Number>,
}

/// One call and its answer.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its number.
    pub number: Number,
    /// The client that made it.
    pub client: Client,
    /// The id that it was about.
    pub id: Id,
    /// When it was made.
    pub began: Time,
    /// When it returned.
    pub ended: Time,
    /// What was asked.
    pub operation: Operation,
    /// What was answered.
    pub answer: Answer,
}

/// What a call asks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Operation {
    /// Read the session.
    Get,
    /// Insert or replace it.
    Set(Data),
    /// Insert it, unless it lives.
    Create(Data),
    /// Change the client's own key in the session that an earlier `get` returned.
    Update {
        /// When that `get` began.
        base: Time,
        /// The key's value in its answer.
        before: Option<Number>,
        /// The key's new value: the number of this call, the value it had, or none.
        after: Option<Number>,
    },
    /// Move its expiry.
    Touch,
    /// Delete it.
    Destroy,
    /// Move it to this id, which was never used before.
    Rotate(Id),
}

/// What a call answers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// `get` returned this session.
    Found(Data),
    /// `create`: the session was inserted. Other operations: the session lived, and the operation was done.
    Yes,
    /// `create`: a live session exists. Other operations: there is no such session.
    No,
    /// The operation was done, and the store does not say whether the session lived.
    Done,
    /// The call failed. It may have taken effect, may never, or may do so later.
    Unknown,
}

/// The record of a whole run.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// All calls, indexed by their numbers.
    pub calls: Vec<Call>,
    /// The ids whose sessions expire during the run, and their time to live. All calls on such an id, and on the ids
    /// it is rotated to, give the same.
    pub short_lived: BTreeMap<Id, Duration>,
    /// The longest life of a session across all its ids, if the store has such a limit.
    pub max_age: Option<Duration>,
    /// How far the clocks of the run and of the store may differ, including the rounding of a time to live.
    pub slack: Duration,
}

impl Call {
    /// Returns the time by which the call took effect, if it did, judged by its own answer alone.
    pub(crate) fn answered_by(&self) -> Time {
        if self.answer == Answer::Unknown { NEVER } else { self.ended }
    }
}
