//! When calls took effect, how long sessions must live, and what they must contain.

use std::collections::{BTreeSet, HashMap};

use super::session::{Creation, Effect, Key, Observation, Session, effect};
use crate::history::{Answer, Call, Client, History, Id, NEVER, Number, Operation, Time};

pub(super) struct Timeline<'h> {
    pub(super) history: &'h History,
    pub(super) clients: BTreeSet<Client>,
    sessions: HashMap<Id, Session<'h>>,
    /// When the effect of a call was first seen.
    seen: HashMap<Number, Time>,
}

impl<'h> Timeline<'h> {
    pub(super) fn new(history: &'h History) -> Self {
        let mut sessions: HashMap<Id, Session<'_>> = HashMap::new();
        for call in &history.calls {
            let session = sessions.entry(call.id).or_default();
            match &call.operation {
                Operation::Get => continue,
                _ if call.is_refused() => continue,
                Operation::Update { .. } => session.updates.entry(call.client).or_default().push(call),
                Operation::Touch => {}
                Operation::Set(_) | Operation::Create(_) | Operation::Destroy | Operation::Rotate(_) => {
                    session.whole.push(call);
                }
            }
            let is_removal = matches!(call.operation, Operation::Destroy | Operation::Rotate(_));
            if !is_removal && history.short_lived.contains_key(&call.id) {
                session.extensions.push(call);
            }
            if let Operation::Rotate(new) = call.operation {
                sessions.entry(new).or_default().source = Some(call);
            }
        }
        let clients = history.calls.iter().map(|call| call.client).collect();
        let seen = first_seen(history, &sessions);
        let mut timeline = Self { history, clients, sessions, seen };
        let mut ids: Vec<_> = timeline.sessions.keys().copied().collect();
        // A rotation moves a session to a higher id, so the times of its old id are computed first.
        ids.sort_unstable();
        for id in ids {
            timeline.compute_times(id);
        }
        timeline
    }

    /// Computes the times of a session from those of the session it was rotated from.
    fn compute_times(&mut self, id: Id) {
        let Some(mut session) = self.sessions.remove(&id) else { return };
        session.extensions.sort_by_key(|call| call.began);
        let mut latest = Time::ZERO;
        session.extended_by = session
            .extensions
            .iter()
            .map(|call| {
                latest = latest.max(self.effective_by(call));
                latest
            })
            .collect();
        let moved = session.source.and_then(|rotation| self.sessions.get(&rotation.id)?.creation);
        let creators = session.creators().filter(|call| !matches!(call.operation, Operation::Rotate(_)));
        let created =
            creators.map(|call| Creation { earliest: call.began, latest: self.effective_by(call), call: call.number });
        session.creation = moved.into_iter().chain(created).reduce(Creation::or);
        self.sessions.insert(id, session);
    }

    pub(super) fn session(&self, id: Id) -> &Session<'h> {
        &self.sessions[&id]
    }

    /// Returns the id, and the ids that the session had before.
    pub(super) fn lineage(&self, id: Id) -> impl Iterator<Item = Id> {
        std::iter::successors(Some(id), |id| self.session(*id).source.map(|rotation| rotation.id))
    }

    /// Returns the time by which a call took effect, if it did.
    pub(super) fn effective_by(&self, call: &Call) -> Time {
        self.seen.get(&call.number).map_or(call.answered_by(), |seen| call.answered_by().min(*seen))
    }

    /// Returns whether a call took effect for certain.
    pub(super) fn is_certain(&self, call: &Call) -> bool {
        self.effective_by(call) != NEVER
    }

    /// Returns whether a change took effect before the observation. An acknowledged update preceded a rotation that
    /// overlaps it, because it would find no session afterwards, unless another session has the old id.
    pub(super) fn precedes(&self, session: &Session<'_>, change: &Call, observation: Observation) -> bool {
        let is_only_session = || session.creators().count() == 1;
        let is_acknowledged =
            || matches!(change.operation, Operation::Update { .. }) && change.answer != Answer::Unknown;
        self.effective_by(change) < observation.began
            || observation.rotation.is_some() && is_acknowledged() && is_only_session()
    }

    pub(super) fn observation_by(&self, rotation: &Call) -> Observation {
        Observation { began: rotation.began, ended: self.effective_by(rotation), rotation: Some(rotation.number) }
    }

    /// Returns whether a session with this id ends by itself during the run.
    pub(super) fn can_expire(&self, id: Id) -> bool {
        self.history.short_lived.contains_key(&id) || self.history.max_age.is_some()
    }

    /// Returns the last call that wrote a value which the observation must see, and the time since which it must.
    pub(super) fn required(&self, key: Key, id: Id, observation: Observation) -> Option<(Number, Time)> {
        let session = self.session(id);
        let may_have_expired =
            || observation.ended.saturating_add(self.history.slack) >= self.lives_until(id, observation);
        if self.can_expire(id) && may_have_expired() {
            return None;
        }
        let written = session.changes(key).filter(|change| {
            self.is_certain(change)
                && matches!(effect(change, key), Effect::Writes(_))
                && self.precedes(session, change, observation)
        });
        let written = written.map(|change| (change.number, change.merges_since()));
        let source = session.source.filter(|rotation| self.effective_by(rotation) < observation.began);
        let moved = source.and_then(|rotation| {
            let (write, _) = self.required(key, rotation.id, self.observation_by(rotation))?;
            Some((write, rotation.began))
        });
        let (write, since) = written.chain(moved).max_by_key(|(_, since)| *since)?;
        // `create` leaves a live session unchanged, but replaces one that has ended.
        let is_harmless = |change: &Call| matches!(change.operation, Operation::Create(_)) && !self.can_expire(id);
        let may_be_removed = session.changes(key).any(|change| {
            effect(change, key) == Effect::Removes
                && !is_harmless(change)
                && Some(change.number) != observation.rotation
                && change.began <= observation.ended
                && self.effective_by(change) >= since
        });
        (!may_be_removed).then_some((write, since))
    }

    /// Returns the time until which the observation must find the session alive, unless a call removed it.
    fn lives_until(&self, id: Id, observation: Observation) -> Time {
        let oldest = self
            .history
            .max_age
            .map_or(Time::MAX, |age| self.session(id).creation.map_or(Time::ZERO, |creation| creation.earliest + age));
        oldest.min(self.expires_after(id, observation))
    }

    /// Returns the earliest possible expiry by the time to live. Of two concurrent calls that move the expiry, the one
    /// that began first may take effect last.
    fn expires_after(&self, id: Id, observation: Observation) -> Time {
        let Some(ttl) = self.history.short_lived.get(&id) else { return Time::MAX };
        let session = self.session(id);
        let precedes = |call: &&&Call| self.effective_by(call) < observation.began;
        let Some(last) = session.extensions.iter().rev().find(precedes) else {
            let source = session.source.filter(|rotation| self.effective_by(rotation) < observation.began);
            return source
                .map_or(Time::ZERO, |rotation| self.expires_after(rotation.id, self.observation_by(rotation)));
        };
        let first = session.extended_by.partition_point(|time| *time < last.began);
        let began = session.extensions.get(first).map_or(last.began, |call| call.began.min(last.began));
        // A touch writes nothing while the stored expiry is within a twentieth of the new one.
        began + *ttl - *ttl / 20
    }
}

/// Returns when each write was first found, and when each rotation was first seen by life under its new id, unless
/// another call may have created a session with that id.
fn first_seen(history: &History, sessions: &HashMap<Id, Session<'_>>) -> HashMap<Number, Time> {
    let mut seen = HashMap::new();
    let mut record = |number: Number, time: Time| {
        seen.entry(number).and_modify(|first: &mut Time| *first = time.min(*first)).or_insert(time);
    };
    for call in history.calls.iter().filter(|call| call.shows_life()) {
        let session = sessions.get(&call.id).filter(|session| session.creators().nth(1).is_none());
        if let Some(rotation) = session.and_then(|session| session.source) {
            record(rotation.number, call.ended);
        }
        if let Answer::Found(data) = &call.answer {
            data.values.values().chain([&data.created_by]).for_each(|value| record(*value, call.ended));
        }
    }
    seen
}
