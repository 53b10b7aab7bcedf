//! The faults that the proxy applies to an answer. No I/O.

use fastrand::Rng;

use super::message::{Message, tag};

/// How many rows of earlier answers are kept for replay.
const KEPT_ROWS: usize = 64;

/// The message types of the protocol, because a wrong type is not always an unknown one.
const TAGS: &[u8] = b"123ACDEGHIKNRSTZnstv";

/// A fault in an answer, which is everything that the server sends up to a ReadyForQuery.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// An extra ReadyForQuery precedes or follows the answer.
    ExtraReady,
    /// One message is sent twice.
    DoubledMessage,
    /// The answer is sent twice.
    DoubledAnswer,
    /// Two consecutive messages are swapped.
    SwappedMessages,
    /// The answer is swapped with the next one. If none follows soon, it is sent unchanged.
    SwappedAnswers,
    /// One message is missing.
    DroppedMessage,
    /// The answer is missing.
    DroppedAnswer,
    /// The connection ends in the middle of a message.
    Truncated,
    /// The header of a message announces 2 GiB.
    HugeLength,
    /// A message has the wrong type.
    WrongType,
    /// Random bytes are inserted between two messages.
    Garbage,
    /// A row of an earlier answer is sent again. It may come from another connection.
    ReplayedRow,
    /// The connection ends after the server has executed the statement, but before the answer.
    CutBeforeAnswer,
    /// The server has executed the statement, but the client receives the error of a pooler that has lost the server. Then
    /// the connection ends, or a ReadyForQuery follows.
    LostByPooler,
    /// A few random bytes of the answer are changed, removed or added.
    Mutated,
    /// Random bytes replace the answer.
    Noise,
    /// NoticeResponse, ParameterStatus or NotificationResponse messages are inserted, which the protocol allows.
    Asynchronous,
    /// The answer is sent one byte at a time.
    Bytewise,
}

impl Fault {
    /// The faults that a client always detects if it matches every answer with its statement.
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

    /// The faults that may change the data, which a client cannot always detect.
    pub const MUTATIONS: [Self; 2] = [Self::Mutated, Self::Noise];

    /// The variations that the protocol allows and a client must handle.
    pub const HARMLESS: [Self; 2] = [Self::Asynchronous, Self::Bytewise];
}

type Rule = Box<dyn FnMut(&[Message], &mut Rng) -> Option<Fault> + Send>;

/// Chooses the fault of each answer.
pub struct Faults {
    rule: Rule,
    rng: Rng,
    rows: Vec<Message>,
}

impl Faults {
    /// Chooses the fault of each answer with `rule`. `seed` determines its position in the answer.
    pub fn by_rule(seed: u64, mut rule: impl FnMut(&[Message]) -> Option<Fault> + Send + 'static) -> Self {
        Self { rule: Box::new(move |answer, _| rule(answer)), rng: Rng::with_seed(seed), rows: Vec::new() }
    }

    /// Chooses one of `kinds` at random, for one in `one_in` answers.
    ///
    /// # Panics
    ///
    /// Panics if `one_in` is zero or `kinds` is empty.
    #[must_use]
    pub fn at_random(kinds: &[Fault], one_in: u32, seed: u64) -> Self {
        let kinds = kinds.to_vec();
        assert!(one_in > 0 && !kinds.is_empty(), "`one_in` must not be zero, and `kinds` must not be empty");
        let rule =
            move |_: &[Message], rng: &mut Rng| (rng.u32(0..one_in) == 0).then(|| kinds[rng.usize(0..kinds.len())]);
        Self { rule: Box::new(rule), rng: Rng::with_seed(seed), rows: Vec::new() }
    }

    /// Applies a fault, or none. Returns the bytes to send and whether a fault was applied.
    pub(super) fn apply(&mut self, answer: Vec<Message>) -> (Delivery, bool) {
        let fault = (self.rule)(&answer, &mut self.rng);
        let struck = fault.and_then(|fault| self.inject(fault, answer.clone()));
        self.remember(&answer);
        match struck {
            Some(delivery) => (delivery, true),
            None => (Delivery::Whole(concat(&answer)), false),
        }
    }

    /// Returns `None` if this answer cannot have the fault.
    fn inject(&mut self, fault: Fault, mut answer: Vec<Message>) -> Option<Delivery> {
        let any = self.rng.usize(0..answer.len());
        match fault {
            Fault::ExtraReady => {
                let index = if self.rng.bool() { 0 } else { answer.len() };
                answer.insert(index, Message::new(tag::READY_FOR_QUERY, b"I"));
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
            Fault::HugeLength => answer[any].set_length(i32::MAX.unsigned_abs()),
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
                    let index = self.rng.usize(0..=answer.len());
                    answer.insert(index, self.asynchronous());
                }
            }
            Fault::Bytewise => return Some(Delivery::Bytewise(concat(&answer))),
        }
        Some(Delivery::Whole(concat(&answer)))
    }

    /// Returns a row of an earlier answer, if possible with the same number of columns as in this one.
    fn earlier_row(&mut self, answer: &[Message]) -> Option<Message> {
        let columns = answer.iter().find_map(Message::columns);
        let similar: Vec<_> = self.rows.iter().filter(|row| columns.is_none() || row.columns() == columns).collect();
        self.rng.choice(similar).or_else(|| self.rows.last()).cloned()
    }

    fn remember(&mut self, answer: &[Message]) {
        for row in answer.iter().filter(|message| message.tag() == tag::DATA_ROW) {
            if self.rows.len() < KEPT_ROWS {
                self.rows.push(row.clone());
            } else {
                let index = self.rng.usize(0..KEPT_ROWS);
                self.rows[index] = row.clone();
            }
        }
    }

    fn noise(&mut self, max: usize) -> Vec<u8> {
        let length = self.rng.usize(1..=max);
        (0..length).map(|_| self.rng.u8(..)).collect()
    }

    fn mutated(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        for _ in 0..self.rng.usize(1..=4) {
            let index = self.rng.usize(0..bytes.len().max(1));
            match (self.rng.u8(0..4), bytes.get_mut(index)) {
                (0, Some(byte)) => *byte ^= 1 << self.rng.u8(0..8),
                (1, Some(byte)) => *byte = self.rng.u8(..),
                (2, Some(_)) => drop(bytes.remove(index)),
                _ => bytes.insert(index, self.rng.u8(..)),
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

/// How to send an answer to the client.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Delivery {
    Whole(Vec<u8>),
    Bytewise(Vec<u8>),
    /// Closes the connection afterwards.
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
    fn every_fault_changes_the_delivery() {
        let unchanged = concat(&answer());
        let all = Fault::DETECTABLE.into_iter().chain(Fault::MUTATIONS).chain(Fault::HARMLESS);
        for fault in all {
            let mut faults = Faults::at_random(&[fault], 1, 7);
            // The first answer provides the row to replay.
            let mut count = 0;
            for _ in 0..100 {
                let (delivery, is_faulty) = faults.apply(answer());
                count += usize::from(is_faulty);
                assert_eq!(delivery == Delivery::Whole(unchanged.clone()), !is_faulty, "{fault:?}");
            }
            assert!(count >= 80, "{fault:?} was applied {count} times in 100 answers");
        }
    }

    #[test]
    fn a_seed_reproduces_the_faults() {
        let deliveries = |seed| {
            let mut faults = Faults::at_random(&Fault::DETECTABLE, 3, seed);
            (0..50).map(|_| faults.apply(answer())).collect::<Vec<_>>()
        };
        assert_eq!(deliveries(1), deliveries(1));
        assert_ne!(deliveries(1), deliveries(2));
    }

    #[test]
    fn a_rule_chooses_by_the_answer() {
        let mut faults = Faults::by_rule(1, |answer| {
            answer.iter().any(|message| message.body() == b"SELECT 1\0").then_some(Fault::DroppedAnswer)
        });
        assert_eq!(faults.apply(answer()), (Delivery::Whole(Vec::new()), true));
        let other = vec![Message::new(b'Z', b"I")];
        assert_eq!(faults.apply(other.clone()), (Delivery::Whole(concat(&other)), false));
    }
}
