//! Looks for violations in a history. No I/O.
//!
//! No search for an order that explains everything, as checkers of linearizability make it: those take exponential time
//! on histories as long as these, and stop at the first thing that they cannot explain. As every value says which call
//! wrote it, it is enough to look at each answer, and at the calls that were over before it began or may have been under
//! way. A call takes effect once at most, at any time between its beginning and its end, and one that failed also later or
//! never: what can be so is no violation. What was seen of it had happened by then, and does not happen again.

mod session;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::history::{Answer, Call, Client, Data, History, Id, NEVER, Number, Time, Verb};
use crate::violation::{Kind, Violation};
use session::{Born, Effect, Key, Look, Session, effect, part};

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
    /// When the effect of a call was first seen: it had happened by then, and does not happen once more.
    seen: HashMap<Number, Time>,
}

impl<'h> Checker<'h> {
    fn new(history: &'h History) -> Self {
        let mut sessions: HashMap<Id, Session<'_>> = HashMap::new();
        for call in &history.calls {
            let session = sessions.entry(call.id).or_default();
            match &call.verb {
                Verb::Get => continue,
                _ if call.is_refused() => continue,
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
        let clients = history.calls.iter().map(|call| call.client).collect();
        let seen = seen(history, &sessions);
        let mut checker = Self { history, sessions, clients, seen };
        let mut ids: Vec<_> = checker.sessions.keys().copied().collect();
        // What an id was rotated from is older.
        ids.sort_unstable();
        for id in ids {
            checker.look_at_times(id);
        }
        checker
    }

    /// Fills in what can be told of the times of a session, once those of the sessions before it are.
    fn look_at_times(&mut self, id: Id) {
        let Some(mut session) = self.sessions.remove(&id) else { return };
        session.lengthened.sort_by_key(|call| call.began);
        let mut latest = Time::ZERO;
        session.lengthened_by = session
            .lengthened
            .iter()
            .map(|call| {
                latest = latest.max(self.happened_by(call));
                latest
            })
            .collect();
        let before = session.source.and_then(|rotation| self.sessions.get(&rotation.id)?.born);
        let made = session.makers().filter(|maker| !matches!(maker.verb, Verb::Rotate(_)));
        let made = made.map(|maker| Born { from: maker.began, by: self.happened_by(maker), maker: maker.number });
        session.born = before.into_iter().chain(made).reduce(Born::or);
        self.sessions.insert(id, session);
    }

    /// When a call had happened, if it did.
    fn happened_by(&self, call: &Call) -> Time {
        self.seen.get(&call.number).map_or(call.answered_by(), |seen| call.answered_by().min(*seen))
    }

    /// Whether a call surely had its effect.
    fn is_certain(&self, call: &Call) -> bool {
        self.happened_by(call) != NEVER
    }

    /// Whether a change took effect before that look. An update finds no session where it was rotated away: if it was
    /// acknowledged, it was before the rotation, unless another session has the old id.
    fn is_before(&self, session: &Session<'_>, change: &Call, look: Look) -> bool {
        let is_once = || session.makers().count() == 1;
        let is_acknowledged = || matches!(change.verb, Verb::Update { .. }) && change.answer != Answer::Unknown;
        self.happened_by(change) < look.began || look.rotation.is_some() && is_acknowledged() && is_once()
    }

    fn look_of_rotation(&self, rotation: &Call) -> Look {
        Look { began: rotation.began, ended: self.happened_by(rotation), rotation: Some(rotation.number) }
    }

    /// What the answer of one call shows.
    fn shown_by(&self, call: &Call) -> Vec<Shown> {
        let mut shown = Vec::new();
        match (&call.verb, &call.answer) {
            (Verb::Get, Answer::Found(data)) => {
                shown.extend(self.of_data(call, data));
                shown.extend(self.expired(call));
                shown.extend(self.too_old(call));
            }
            (Verb::Get, Answer::No) => shown.extend(self.keys().find_map(|key| self.missing(call, key))),
            (Verb::Create(_), Answer::Yes) | (Verb::Update { .. } | Verb::Touch | Verb::Rotate(_), Answer::No) => {
                shown.extend(self.missing(call, Key::Born));
            }
            _ if call.shows_life() => {
                shown.extend(self.dead(call));
                shown.extend(self.expired(call));
                shown.extend(self.too_old(call));
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
        let wrote = effect(writer, key) == Effect::Puts(value) && !writer.is_refused();
        if !wrote || writer.began > call.ended {
            return not_written;
        }
        let (mut id, mut look) = (call.id, Look::of(call));
        loop {
            let session = self.session(id);
            let source = session.source.filter(|rotation| rotation.began <= look.ended);
            let Some(arrived) = Some(writer).filter(|writer| writer.id == id).or(source) else { return not_written };
            let overwrote = session.changes(key).filter(|change| {
                self.is_certain(change)
                    && ![Effect::Nothing, Effect::Puts(value)].contains(&effect(change, key))
                    && change.began > self.happened_by(arrived)
                    && self.is_before(session, change, look)
            });
            if let Some(change) = overwrote.max_by_key(|change| change.ended) {
                return Some((broken_by(change), change.number));
            }
            if writer.id == id {
                return None;
            }
            look = Look { ended: self.happened_by(arrived).min(look.ended), ..self.look_of_rotation(arrived) };
            id = arrived.id;
        }
    }

    /// Whether something must be there that the call has not found.
    fn missing(&self, call: &Call, key: Key) -> Option<Shown> {
        let kind = if key == Key::Born && self.is_mortal(call.id) { Kind::EndedEarly } else { Kind::LostUpdate };
        self.must_be(key, call.id, Look::of(call)).map(|(write, _)| (kind, write))
    }

    /// Whether a session with this id ends by itself in the run.
    fn is_mortal(&self, id: Id) -> bool {
        self.history.brief.contains_key(&id) || self.history.max_age.is_some()
    }

    /// The call that wrote last what must be there for that look, and the time from which it has been sure.
    fn must_be(&self, key: Key, id: Id, look: Look) -> Option<(Number, Time)> {
        let session = self.session(id);
        if self.is_mortal(id) && look.ended.saturating_add(self.history.slack) >= self.lives_until(id, look) {
            return None;
        }
        let put = session.changes(key).filter(|change| {
            self.is_certain(change)
                && matches!(effect(change, key), Effect::Puts(_))
                && self.is_before(session, change, look)
        });
        let put = put.map(|change| (change.number, change.merged_since()));
        let source = session.source.filter(|rotation| self.happened_by(rotation) < look.began);
        let carried = source.and_then(|rotation| {
            let (write, _) = self.must_be(key, rotation.id, self.look_of_rotation(rotation))?;
            Some((write, rotation.began))
        });
        let (write, since) = put.chain(carried).max_by_key(|(_, since)| *since)?;
        // It leaves a live session as it is, and takes the place of one that has ended.
        let is_no_removal = |change: &Call| matches!(change.verb, Verb::Create(_)) && !self.is_mortal(id);
        let may_be_removed = session.changes(key).any(|change| {
            effect(change, key) == Effect::Removes
                && !is_no_removal(change)
                && Some(change.number) != look.rotation
                && change.began <= look.ended
                && self.happened_by(change) >= since
        });
        (!may_be_removed).then_some((write, since))
    }

    /// The time until which the session must live for this look, unless somebody destroyed it.
    fn lives_until(&self, id: Id, look: Look) -> Time {
        let oldest = self
            .history
            .max_age
            .map_or(Time::MAX, |age| self.session(id).born.map_or(Time::ZERO, |born| born.from + age));
        oldest.min(self.is_in_use_until(id, look))
    }

    /// The same, by its time to live. Of two calls at once that move the expiry, the one that began first may come last.
    fn is_in_use_until(&self, id: Id, look: Look) -> Time {
        let Some(ttl) = self.history.brief.get(&id) else { return Time::MAX };
        let session = self.session(id);
        let is_sure = |call: &&&Call| self.happened_by(call) < look.began;
        let Some(last) = session.lengthened.iter().rev().find(is_sure) else {
            let source = session.source.filter(|rotation| self.happened_by(rotation) < look.began);
            return source
                .map_or(Time::ZERO, |rotation| self.is_in_use_until(rotation.id, self.look_of_rotation(rotation)));
        };
        let first = session.lengthened_by.partition_point(|time| *time < last.began);
        let began = session.lengthened.get(first).map_or(last.began, |call| call.began.min(last.began));
        // A touch writes nothing while the stored expiry is within a twentieth of the new one.
        began + *ttl - *ttl / 20
    }

    /// The id, and those that the session had before.
    fn lineage(&self, id: Id) -> impl Iterator<Item = Id> {
        std::iter::successors(Some(id), |id| self.session(*id).source.map(|rotation| rotation.id))
    }

    /// Whether the session that the call says lives cannot live.
    fn dead(&self, call: &Call) -> Option<Shown> {
        let session = self.session(call.id);
        let makers = session.makers().filter(|maker| maker.began <= call.ended);
        let Some(made) = makers.map(|maker| self.happened_by(maker)).max() else {
            return Some((Kind::NeverWritten, call.number));
        };
        let ends = session.whole.iter().filter(|end| {
            matches!(end.verb, Verb::Destroy | Verb::Rotate(_)) && self.is_certain(end) && end.began > made
        });
        let end = ends.filter(|end| self.happened_by(end) < call.began).max_by_key(|end| end.ended)?;
        Some((broken_by(end), end.number))
    }

    /// Whether the session that the call says lives has expired before, under whatever id.
    fn expired(&self, call: &Call) -> Option<Shown> {
        let ttl = *self.history.brief.get(&call.id)?;
        let end = |other: &Call| self.happened_by(other).saturating_add(ttl + self.history.slack);
        let mut last: Option<&Call> = None;
        for id in self.lineage(call.id) {
            let others = self.session(id).lengthened.iter().rev().copied();
            for other in others.filter(|other| other.number != call.number && other.began <= call.ended) {
                if end(other) >= call.began {
                    return None;
                }
                last = last.into_iter().chain([other]).max_by_key(|other| self.happened_by(other));
            }
        }
        Some((Kind::ExpiredAlive, last?.number))
    }

    /// Whether the session that the call says lives was created too long ago, under whatever id.
    fn too_old(&self, call: &Call) -> Option<Shown> {
        let age = self.history.max_age?;
        let born = self.session(call.id).born?;
        let end = born.by.saturating_add(age + self.history.slack);
        (call.began > end).then_some((Kind::TooOld, born.maker))
    }

    /// Whether others have taken away all sessions that this id ever had, while the call did too.
    fn second_winner(&self, call: &Call) -> Option<Shown> {
        let takes = |call: &Call| matches!(call.verb, Verb::Destroy | Verb::Rotate(_)) && call.answer == Answer::Yes;
        if !takes(call) {
            return None;
        }
        let session = self.session(call.id);
        let earlier: Vec<_> = session.whole.iter().filter(|other| takes(other) && other.number < call.number).collect();
        let at_once = earlier.iter().any(|other| other.ended >= call.began);
        (at_once && earlier.len() >= session.makers().count()).then_some((Kind::TwoWinners, call.number))
    }
}

/// When each write was first found, and each rotation by its new id, where nothing else made a session of that.
fn seen(history: &History, sessions: &HashMap<Id, Session<'_>>) -> HashMap<Number, Time> {
    let mut seen = HashMap::new();
    let mut note = |number: Number, time: Time| {
        seen.entry(number).and_modify(|first: &mut Time| *first = time.min(*first)).or_insert(time);
    };
    for call in history.calls.iter().filter(|call| call.shows_life()) {
        let session = sessions.get(&call.id).filter(|session| session.makers().nth(1).is_none());
        if let Some(rotation) = session.and_then(|session| session.source) {
            note(rotation.number, call.ended);
        }
        if let Answer::Found(data) = &call.answer {
            data.of.values().chain([&data.born]).for_each(|value| note(*value, call.ended));
        }
    }
    seen
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
