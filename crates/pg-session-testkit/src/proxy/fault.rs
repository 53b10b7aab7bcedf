//! The faults that an answer can have. No I/O.

use fastrand::Rng;

use super::message::{Message, tag};

/// The number of rows of earlier answers that are kept for replay.
const KEPT_ROWS: usize = 64;

/// Message types that exist: a wrong type is not always an unknown one.
const TAGS: &[u8] = b"123ACDEGHIKNRSTZnstv";

/// A fault in an answer of the server. An answer is everything up to its ReadyForQuery.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// One ReadyForQuery too many, before or after the answer.
    ExtraReady,
    /// One message comes twice.
    DoubledMessage,
    /// The answer comes twice.
    DoubledAnswer,
    /// Two neighbouring messages change places.
    SwappedMessages,
    /// The answer comes after the next one. Where none follows soon, it comes as it is.
    SwappedAnswers,
    /// One message is missing.
    DroppedMessage,
    /// The answer is missing.
    DroppedAnswer,
    /// The connection ends within a message.
    Truncated,
    /// The header of a message announces 2 GiB.
    HugeLength,
    /// A message has another type.
    WrongType,
    /// Random bytes come between two messages.
    Garbage,
    /// A row of an earlier answer, of this connection or of another, comes once more.
    ReplayedRow,
    /// The connection ends after the server has executed the statement, and before the answer.
    CutBeforeAnswer,
    /// The server has executed the statement, and the client gets an error in place of the answer, as from a pooler that has
    /// lost the server. Then the connection ends, or the server says that it is ready.
    LostByPooler,
    /// A few random bytes of the answer are changed, removed or added.
    Mutated,
    /// Random bytes come in place of the answer.
    Noise,
    /// A NoticeResponse, ParameterStatus or NotificationResponse comes between two messages, as it may at any time.
    Asynchronous,
    /// The answer comes byte by byte.
    Bytewise,
}

impl Fault {
    /// The faults that a client can always detect, if it knows which answer belongs to which statement.
    pub const DETECTABLE: [Self; 14] = [
        Self::ExtraReady,
        Self::DoubledMessage,
        Self::DoubledAnswer,
        Self::SwappedMessages,
        Self::SwappedAnswers,
        Self::DroppedMessage,
        Self::DroppedAnswer,
        Self::Truncated,
        Self::HugeLength,
        Self::WrongType,
        Self::Garbage,
        Self::ReplayedRow,
        Self::CutBeforeAnswer,
        Self::LostByPooler,
    ];

    /// The faults that may change the data itself, which a client cannot always detect.
    pub const MUTATIONS: [Self; 2] = [Self::Mutated, Self::Noise];

    /// What the protocol allows, and a client must handle.
    pub const HARMLESS: [Self; 2] = [Self::Asynchronous, Self::Bytewise];
}

type Rule = Box<dyn FnMut(&[Message], &mut Rng) -> Option<Fault> + Send>;

/// Decides which answers get which fault.
pub struct Faults {
    rule: Rule,
    rng: Rng,
    rows: Vec<Message>,
}

impl Faults {
    /// Picks a fault for each answer by a rule. `seed` decides where in the answer it strikes.
    pub fn by_rule(seed: u64, mut rule: impl FnMut(&[Message]) -> Option<Fault> + Send + 'static) -> Self {
        Self { rule: Box::new(move |answer, _| rule(answer)), rng: Rng::with_seed(seed), rows: Vec::new() }
    }

    /// Picks one of `kinds` for one of `one_in` answers, at random.
    ///
    /// # Panics
    ///
    /// When `one_in` is zero or there are no kinds.
    #[must_use]
    pub fn at_random(kinds: &[Fault], one_in: u32, seed: u64) -> Self {
        let kinds = kinds.to_vec();
        assert!(one_in > 0 && !kinds.is_empty(), "there is nothing to choose from");
        let rule =
            move |_: &[Message], rng: &mut Rng| (rng.u32(0..one_in) == 0).then(|| kinds[rng.usize(0..kinds.len())]);
        Self { rule: Box::new(rule), rng: Rng::with_seed(seed), rows: Vec::new() }
    }

    /// Returns how to deliver an answer, and whether something is wrong with it.
    pub(super) fn strike(&mut self, answer: Vec<Message>) -> (Delivery, bool) {
        let fault = (self.rule)(&answer, &mut self.rng);
        let struck = fault.and_then(|fault| self.spoil(fault, answer.clone()));
        self.remember(&answer);
        match struck {
            Some(delivery) => (delivery, true),
            None => (Delivery::Whole(concat(&answer)), false),
        }
    }

    /// Returns `None` if the fault is impossible in this answer.
    fn spoil(&mut self, fault: Fault, mut answer: Vec<Message>) -> Option<Delivery> {
        let any = self.rng.usize(0..answer.len());
        match fault {
            Fault::ExtraReady => {
                let place = if self.rng.bool() { 0 } else { answer.len() };
                answer.insert(place, Message::new(tag::READY_FOR_QUERY, b"I"));
            }
            Fault::DoubledMessage => answer.insert(any, answer[any].clone()),
            Fault::DoubledAnswer => answer.extend_from_within(..),
            Fault::SwappedMessages => {
                let first = self.rng.usize(0..(answer.len() - 1).max(1));
                if answer.get(first) == answer.get(first + 1) || answer.len() < 2 {
                    return None;
                }
                answer.swap(first, first + 1);
            }
            Fault::SwappedAnswers => return Some(Delivery::AfterTheNext(concat(&answer))),
            Fault::DroppedMessage => drop(answer.remove(any)),
            Fault::DroppedAnswer => answer.clear(),
            Fault::Truncated => {
                let mut bytes = concat(&answer[..any]);
                bytes.extend(&answer[any].bytes()[..self.rng.usize(1..answer[any].bytes().len())]);
                return Some(Delivery::ThenCut(bytes));
            }
            Fault::HugeLength => answer[any].announce(i32::MAX.unsigned_abs()),
            Fault::WrongType => {
                let known = TAGS[self.rng.usize(0..TAGS.len())];
                let tag = if self.rng.u8(0..4) == 0 { self.rng.u8(..) } else { known };
                if tag == answer[any].tag() {
                    return None;
                }
                answer[any].set_tag(tag);
            }
            Fault::Garbage => {
                let (before, after) = answer.split_at(any);
                return Some(Delivery::Whole([concat(before), self.noise(64), concat(after)].concat()));
            }
            Fault::ReplayedRow => {
                let row = self.earlier_row(&answer)?;
                let end = answer.iter().position(|message| message.tag() == tag::COMMAND_COMPLETE);
                answer.insert(end.filter(|_| self.rng.bool()).unwrap_or(any), row);
            }
            Fault::CutBeforeAnswer => return Some(Delivery::ThenCut(Vec::new())),
            Fault::LostByPooler => {
                let error = b"SERROR\0VERROR\0C08006\0Mremote server read/write error\0\0";
                let error = Message::new(tag::ERROR_RESPONSE, error);
                if self.rng.bool() {
                    return Some(Delivery::ThenCut(concat(&[error])));
                }
                answer = vec![error, Message::new(tag::READY_FOR_QUERY, b"I")];
            }
            Fault::Mutated => return Some(Delivery::Whole(self.mutated(concat(&answer)))),
            Fault::Noise => return Some(Delivery::Whole(self.noise(2_048))),
            Fault::Asynchronous => {
                for _ in 0..self.rng.usize(1..4) {
                    let place = self.rng.usize(0..=answer.len());
                    answer.insert(place, self.asynchronous());
                }
            }
            Fault::Bytewise => return Some(Delivery::Bytewise(concat(&answer))),
        }
        Some(Delivery::Whole(concat(&answer)))
    }

    /// Returns a row of an earlier answer, with as many columns as the rows of this one if possible.
    fn earlier_row(&mut self, answer: &[Message]) -> Option<Message> {
        let columns = answer.iter().find_map(Message::columns);
        let alike: Vec<_> = self.rows.iter().filter(|row| columns.is_none() || row.columns() == columns).collect();
        self.rng.choice(alike).or_else(|| self.rows.last()).cloned()
    }

    fn remember(&mut self, answer: &[Message]) {
        for row in answer.iter().filter(|message| message.tag() == tag::DATA_ROW) {
            if self.rows.len() < KEPT_ROWS {
                self.rows.push(row.clone());
            } else {
                let place = self.rng.usize(0..KEPT_ROWS);
                self.rows[place] = row.clone();
            }
        }
    }

    fn noise(&mut self, most: usize) -> Vec<u8> {
        let length = self.rng.usize(1..=most);
        (0..length).map(|_| self.rng.u8(..)).collect()
    }

    fn mutated(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        for _ in 0..self.rng.usize(1..=4) {
            let place = self.rng.usize(0..bytes.len().max(1));
            match (self.rng.u8(0..4), bytes.get_mut(place)) {
                (0, Some(byte)) => *byte ^= 1 << self.rng.u8(0..8),
                (1, Some(byte)) => *byte = self.rng.u8(..),
                (2, Some(_)) => drop(bytes.remove(place)),
                _ => bytes.insert(place, self.rng.u8(..)),
            }
        }
        bytes
    }

    fn asynchronous(&mut self) -> Message {
        match self.rng.u8(0..3) {
            0 => Message::new(tag::NOTICE, b"SNOTICE\0VNOTICE\0C00000\0Mnothing to worry about\0\0"),
            1 => Message::new(tag::PARAMETER_STATUS, b"session_authorization\0somebody\0"),
            _ => Message::new(tag::NOTIFICATION, b"\0\0\0\x07a_channel\0a payload\0"),
        }
    }
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Faults").finish_non_exhaustive()
    }
}

/// How to send the bytes of an answer to the client.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Delivery {
    Whole(Vec<u8>),
    Bytewise(Vec<u8>),
    /// Then the connection is closed.
    ThenCut(Vec<u8>),
    AfterTheNext(Vec<u8>),
}

fn concat(messages: &[Message]) -> Vec<u8> {
    messages.iter().flat_map(|message| message.bytes()).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> Vec<Message> {
        [(b'2', &b""[..]), (b'D', b"\0\x01\0\0\0\x01a"), (b'C', b"SELECT 1\0"), (b'Z', b"I")]
            .map(|(tag, body)| Message::new(tag, body))
            .into()
    }

    #[test]
    fn every_fault_changes_what_the_client_gets() {
        let right = concat(&answer());
        let all = Fault::DETECTABLE.into_iter().chain(Fault::MUTATIONS).chain(Fault::HARMLESS);
        for fault in all {
            let mut faults = Faults::at_random(&[fault], 1, 7);
            // The first one leaves a row to be replayed.
            let mut struck = 0;
            for _ in 0..100 {
                let (delivery, is_struck) = faults.strike(answer());
                struck += usize::from(is_struck);
                assert_eq!(delivery == Delivery::Whole(right.clone()), !is_struck, "{fault:?}");
            }
            assert!(struck >= 80, "{fault:?} struck {struck} times of 100");
        }
    }

    #[test]
    fn the_seed_decides() {
        let deliveries = |seed| {
            let mut faults = Faults::at_random(&Fault::DETECTABLE, 3, seed);
            (0..50).map(|_| faults.strike(answer())).collect::<Vec<_>>()
        };
        assert_eq!(deliveries(1), deliveries(1));
        assert_ne!(deliveries(1), deliveries(2));
    }

    #[test]
    fn a_rule_decides_by_the_answer() {
        let mut faults = Faults::by_rule(1, |answer| {
            answer.iter().any(|message| message.body() == b"SELECT 1\0").then_some(Fault::DroppedAnswer)
        });
        assert_eq!(faults.strike(answer()), (Delivery::Whole(Vec::new()), true));
        let other = vec![Message::new(b'Z', b"I")];
        assert_eq!(faults.strike(other.clone()), (Delivery::Whole(concat(&other)), false));
    }
}
