//! The promises that a history can show broken.

use std::fmt::{self, Write};

use serde::Serialize;

use crate::history::{Answer, Call, History, Id, Number, Operation};

/// Which promise was broken.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An acknowledged change is missing, although no call overwrote or removed it.
    LostUpdate,
    /// A session lives after an acknowledged `destroy`, and no call created it again.
    Resurrected,
    /// A session lives under its old id after an acknowledged `rotate`.
    RotatedAlive,
    /// Several concurrent calls each report that they removed the same session.
    TwoWinners,
    /// A session lives after its expiry.
    ExpiredAlive,
    /// A session ended before its expiry, and no call destroyed it.
    EndedEarly,
    /// A session lives longer than the option `max_age` allows, counted from its first creation.
    TooOld,
    /// A session contains a value that no call had written to it.
    NeverWritten,
}

impl Kind {
    /// All kinds.
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
            Self::Resurrected => "destroyed sessions still alive",
            Self::RotatedAlive => "rotated ids still alive",
            Self::TwoWinners => "sessions removed twice",
            Self::ExpiredAlive => "expired sessions still alive",
            Self::EndedEarly => "sessions that ended early",
            Self::TooOld => "sessions older than max_age",
            Self::NeverWritten => "values never written",
        })
    }
}

/// A broken promise. It counts once, however many calls show it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Violation {
    /// Which promise was broken.
    pub kind: Kind,
    /// The call whose effect is missing, or the last call that moved the expiry of an expired session. Otherwise the
    /// same as `seen`.
    pub call: Number,
    /// The first call whose answer shows it.
    pub seen: Number,
}

impl Violation {
    /// Returns the calls involved and the concurrent calls on the same ids, one per line.
    #[must_use]
    pub fn excerpt(&self, history: &History) -> String {
        let [call, seen] = [self.call, self.seen].map(|number| &history.calls[number as usize]);
        let ids = lineage(history, seen.id);
        let (from, to) = (call.began.min(seen.began), seen.ended.max(call.ended));
        let mut text = format!("{}: call {}, shown by call {}\n", self.kind, self.call, self.seen);
        for call in history.calls.iter().filter(|call| ids.contains(&call.id) && call.began <= to && call.ended >= from)
        {
            let mark = if [self.call, self.seen].contains(&call.number) { '>' } else { ' ' };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{mark} {call}");
        }
        text
    }
}

/// Returns the id, and the ids that the session had before.
fn lineage(history: &History, id: Id) -> Vec<Id> {
    let mut ids = vec![id];
    let before = |id| history.calls.iter().find(|call| call.operation == Operation::Rotate(id)).map(|call| call.id);
    while let Some(id) = ids.last().and_then(|id| before(*id)).filter(|id| !ids.contains(id)) {
        ids.push(id);
    }
    ids
}

/// `1.034567..1.035012 client 3, call 17 on 5: Get: Data { … }`
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, client, id, began, ended, operation, answer } = self;
        let (began, ended) = (began.as_secs_f64(), ended.as_secs_f64());
        write!(f, "{began:.6}..{ended:.6} client {client}, call {number} on {id}: {operation:?}: ")?;
        match answer {
            Answer::Found(data) => write!(f, "{data:?}"),
            answer => write!(f, "{answer:?}"),
        }
    }
}
