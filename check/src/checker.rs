//! Looks for violations in a history. No I/O.
//!
//! No search for an order that explains everything, as checkers of linearizability make it: those take exponential time
//! on histories as long as these, and stop at the first thing that they cannot explain. As every value says which call
//! wrote it, it is enough to look at each answer, and at the calls that were over before it began or may have been under
//! way. A call may take effect at any time between its beginning and its end, also more than once (an update that was cut
//! off is sent again), and one that failed also later or never: what can be so is no violation.

mod session;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::history::{Answer, Call, Client, Data, History, Id, Number, Time, Verb};
use crate::violation::{Kind, Violation};
use session::{Effect, Key, Look, Session, effect, part};

/// All violations, in the order in which they showed.
#[must_use]
pub fn check(history: &History) -> Vec<Violation> {
    let checker = Checker::new(history);
    let mut first_seen = BTreeMap::new();
    for call in &history.calls {
        for (kind, culprit) in checker.shown_by(call) {
            first_seen.entry((kind, culprit)).or_insert(call.number);
        }
    }
    let mut violations: Vec<_> =
        first_seen.into_iter().map(|((kind, call), seen)| Violation { kind, call, seen }).collect();
    violations.sort_by_key(|violation| violation.seen);
    violations
}

/// A promise, and the call by whose effect it was broken.
type Shown = (Kind, Number);

struct Checker<'h> {
    history: &'h History,
    sessions: HashMap<Id, Session<'h>>,
    clients: BTreeSet<Client>,
}

impl<'h> Checker<'h> {
    fn new(history: &'h History) -> Self {
        let mut sessions: HashMap<Id, Session<'_>> = HashMap::new();
        for call in &history.calls {
            let session = sessions.entry(call.id).or_default();
            let is_refused = call.answer == Answer::No;
            match &call.verb {
                Verb::Get => continue,
                Verb::Create(_) | Verb::Rotate(_) | Verb::Touch if is_refused => continue,
                Verb::Update { .. } => session.updates.entry(call.client).or_default().push(call),
                Verb::Touch => {}
                Verb::Set(_) | Verb::Create(_) | Verb::Destroy | Verb::Rotate(_) => session.whole.push(call),
            }
            if !matches!(call.verb, Verb::Destroy | Verb::Rotate(_)) && history.brief.contains_key(&call.id) {
                session.lengthened.push(call);
            }
            if let Verb::Rotate(new) = call.verb {
                sessions.entry(new).or_default().source = Some(call);
            }
        }
        Self { history, sessions, clients: history.calls.iter().map(|call| call.client).collect() }
    }

    /// What the answer of one call shows.
    fn shown_by(&self, call: &Call) -> Vec<Shown> {
        let mut shown = Vec::new();
        match (&call.verb, &call.answer) {
            (Verb::Get, Answer::Found(data)) => {
                shown.extend(self.of_data(call, data));
                shown.extend(self.expired(call));
            }
            (Verb::Get, Answer::No) => shown.extend(self.keys().find_map(|key| self.missing(call, key))),
            (Verb::Create(_), Answer::Yes) | (Verb::Update { .. } | Verb::Touch | Verb::Rotate(_), Answer::No) => {
                shown.extend(self.missing(call, Key::Born));
            }
            (Verb::Create(_), Answer::No)
            | (Verb::Update { .. } | Verb::Touch | Verb::Rotate(_) | Verb::Destroy, Answer::Yes) => {
                shown.extend(self.dead(call));
                shown.extend(self.expired(call));
                shown.extend(self.second_winner(call));
            }
            _ => {}
        }
        shown
    }

    fn session(&self, id: Id) -> &Session<'h> {
        &self.sessions[&id]
    }

    fn keys(&self) -> impl Iterator<Item = Key> {
        [Key::Born].into_iter().chain(self.clients.iter().map(|client| Key::Of(*client)))
    }

    /// Of what a get has found, all that should not be so, and all that should be there too.
    fn of_data(&self, call: &Call, data: &Data) -> Vec<Shown> {
        let strangers = data.of.keys().filter(|client| !self.clients.contains(client)).map(|client| Key::Of(*client));
        let part = |key| match part(data, key) {
            Some(value) => self.should_not_be(call, key, value),
            None => self.missing(call, key),
        };
        self.keys().chain(strangers).filter_map(part).collect()
    }

    /// Whether this value was not written, or overwritten before the call began.
    fn should_not_be(&self, call: &Call, key: Key, value: Number) -> Option<Shown> {
        let not_written = Some((Kind::NeverWritten, call.number));
        let Some(writer) = self.history.calls.get(value as usize) else { return not_written };
        let wrote = effect(writer, key) == Effect::Puts(value) && !is_refused_create(writer);
        if !wrote || writer.began > call.ended {
            return not_written;
        }
        let (mut id, mut look) = (call.id, Look::of(call));
        loop {
            let session = self.session(id);
            let source = session.source.filter(|rotation| rotation.began <= look.ended);
            let Some(arrived) = Some(writer).filter(|writer| writer.id == id).or(source) else { return not_written };
            let overwrote = session.changes(key).filter(|change| {
                change.is_certain()
                    && ![Effect::Nothing, Effect::Puts(value)].contains(&effect(change, key))
                    && change.began > arrived.happened_by()
                    && session.is_before(change, look)
            });
            if let Some(change) = overwrote.max_by_key(|change| change.ended) {
                return Some((broken_by(change), change.number));
            }
            if writer.id == id {
                return None;
            }
            look = Look { ended: arrived.happened_by().min(look.ended), ..Look::of_rotation(arrived) };
            id = arrived.id;
        }
    }

    /// Whether something must be there that the call has not found.
    fn missing(&self, call: &Call, key: Key) -> Option<Shown> {
        self.must_be(key, call.id, Look::of(call)).map(|(write, _)| (Kind::LostUpdate, write))
    }

    /// The call that wrote last what must be there for that look, and the time from which it has been sure.
    fn must_be(&self, key: Key, id: Id, look: Look) -> Option<(Number, Time)> {
        let session = self.session(id);
        let first = session.lengthened.iter().map(|call| call.began).min();
        let lives_until = first.zip(self.history.brief.get(&id)).map(|(first, ttl)| first + *ttl);
        if lives_until.is_some_and(|end| look.ended.saturating_add(self.history.slack) >= end) {
            return None;
        }
        let put = session.changes(key).filter(|change| {
            change.is_certain() && matches!(effect(change, key), Effect::Puts(_)) && session.is_before(change, look)
        });
        let put = put.map(|change| (change.number, change.merged_since()));
        let source = session.source.filter(|rotation| rotation.is_certain() && rotation.ended < look.began);
        let carried = source.and_then(|rotation| {
            let (write, _) = self.must_be(key, rotation.id, Look::of_rotation(rotation))?;
            Some((write, rotation.began))
        });
        let (write, since) = put.chain(carried).max_by_key(|(_, since)| *since)?;
        let may_be_removed = session.changes(key).any(|change| {
            effect(change, key) == Effect::Removes
                && !matches!(change.verb, Verb::Create(_))
                && Some(change.number) != look.rotation
                && change.began <= look.ended
                && change.happened_by() >= since
        });
        (!may_be_removed).then_some((write, since))
    }

    /// Whether the session that the call says lives cannot live.
    fn dead(&self, call: &Call) -> Option<Shown> {
        let session = self.session(call.id);
        let makers = session.makers().filter(|maker| maker.began <= call.ended);
        let Some(made) = makers.map(Call::happened_by).max() else { return Some((Kind::NeverWritten, call.number)) };
        let ends = session
            .whole
            .iter()
            .filter(|end| matches!(end.verb, Verb::Destroy | Verb::Rotate(_)) && end.is_certain() && end.began > made);
        let end = ends.filter(|end| end.ended < call.began).max_by_key(|end| end.ended)?;
        Some((broken_by(end), end.number))
    }

    fn expired(&self, call: &Call) -> Option<Shown> {
        let ttl = *self.history.brief.get(&call.id)?;
        let lengthened = &self.session(call.id).lengthened;
        let others = lengthened.iter().filter(|other| other.number != call.number && other.began <= call.ended);
        let last = others.max_by_key(|other| other.happened_by())?;
        let end = last.happened_by().saturating_add(ttl + self.history.slack);
        (call.began > end).then_some((Kind::ExpiredAlive, last.number))
    }

    /// Whether others have taken away all sessions that this id ever had, while the call did too.
    fn second_winner(&self, call: &Call) -> Option<Shown> {
        let takes = |call: &Call| matches!(call.verb, Verb::Destroy | Verb::Rotate(_)) && call.answer == Answer::Yes;
        let session = self.session(call.id);
        // A set that is cut off makes a session as often as it is sent.
        if !takes(call) || session.makers().any(|maker| matches!(maker.verb, Verb::Set(_))) {
            return None;
        }
        let earlier: Vec<_> = session.whole.iter().filter(|other| takes(other) && other.number < call.number).collect();
        let at_once = earlier.iter().any(|other| other.ended >= call.began);
        (at_once && earlier.len() >= session.makers().count()).then_some((Kind::TwoWinners, call.number))
    }
}

fn is_refused_create(call: &Call) -> bool {
    matches!(call.verb, Verb::Create(_)) && call.answer == Answer::No
}

fn broken_by(change: &Call) -> Kind {
    match change.verb {
        Verb::Destroy => Kind::Resurrected,
        Verb::Rotate(_) => Kind::RotatedAlive,
        _ => Kind::LostUpdate,
    }
}

#[cfg(test)]
mod right;
#[cfg(test)]
mod tests;
