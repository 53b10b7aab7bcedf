//! What a history must not show.

use std::fmt::{self, Write};

use serde::Serialize;

use crate::history::{Answer, Call, History, Id, Number, Verb};

/// A promise that was not kept.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A change was acknowledged, nobody overwrote or removed it, and it is not there.
    LostUpdate,
    /// A session lives after an acknowledged `destroy`, and nobody made it again.
    Resurrected,
    /// A session lives under its old id after an acknowledged `rotate`.
    RotatedAlive,
    /// Of several calls at once that each took the one session away, more than one won.
    TwoWinners,
    /// A session lives after its expiry.
    ExpiredAlive,
    /// A session has ended before its expiry, though it was in use and nobody destroyed it.
    EndedEarly,
    /// A session lives longer than the option `max_age` allows, counted from when it was first created.
    TooOld,
    /// There is data that nobody wrote there, or not yet.
    NeverWritten,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::LostUpdate,
        Self::Resurrected,
        Self::RotatedAlive,
        Self::TwoWinners,
        Self::ExpiredAlive,
        Self::EndedEarly,
        Self::TooOld,
        Self::NeverWritten,
    ];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::LostUpdate => "lost updates",
            Self::Resurrected => "destroyed sessions that live",
            Self::RotatedAlive => "rotated ids that live",
            Self::TwoWinners => "second winners of a rotation",
            Self::ExpiredAlive => "expired sessions that live",
            Self::EndedEarly => "sessions that ended early",
            Self::TooOld => "sessions older than max_age",
            Self::NeverWritten => "data that nobody wrote",
        })
    }
}

/// One of them in a history. However many calls show it, it counts once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Violation {
    /// Which promise was not kept.
    pub kind: Kind,
    /// The call whose effect is missing; of an expired session the last that moved its expiry; else as `seen`.
    pub call: Number,
    /// The first call whose answer shows it.
    pub seen: Number,
}

impl Violation {
    /// The calls that it is about, and those on the same ids meanwhile, a line each.
    #[must_use]
    pub fn excerpt(&self, history: &History) -> String {
        let [call, seen] = [self.call, self.seen].map(|number| &history.calls[number as usize]);
        let ids = lineage(history, seen.id);
        let (from, to) = (call.began.min(seen.began), seen.ended.max(call.ended));
        let mut text = format!("{}: call {} as call {} shows\n", self.kind, self.call, self.seen);
        for call in history.calls.iter().filter(|call| ids.contains(&call.id) && call.began <= to && call.ended >= from)
        {
            let mark = if [self.call, self.seen].contains(&call.number) { '>' } else { ' ' };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{mark} {call}");
        }
        text
    }
}

/// The id, and those that the session had before.
fn lineage(history: &History, id: Id) -> Vec<Id> {
    let mut ids = vec![id];
    let before = |id| history.calls.iter().find(|call| call.verb == Verb::Rotate(id)).map(|call| call.id);
    while let Some(id) = ids.last().and_then(|id| before(*id)).filter(|id| !ids.contains(id)) {
        ids.push(id);
    }
    ids
}

/// `1.034567..1.035012 client 3, call 17: get of 5: Found(…)`
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, client, id, began, ended, verb, answer } = self;
        let (began, ended) = (began.as_secs_f64(), ended.as_secs_f64());
        write!(f, "{began:.6}..{ended:.6} client {client}, call {number} on {id}: {verb:?}: ")?;
        match answer {
            Answer::Found(data) => write!(f, "{data:?}"),
            answer => write!(f, "{answer:?}"),
        }
    }
}
