//! The promises, checked against the answer of one call.

use super::session::{Effect, Key, Observation, effect, part};
use super::timeline::Timeline;
use crate::history::{Answer, Call, Data, Number, Operation};
use crate::violation::Kind;

/// A broken promise, and the call whose effect broke it.
type Finding = (Kind, Number);

/// Returns the violations that the answer of one call shows.
pub(super) fn findings(timeline: &Timeline<'_>, call: &Call) -> Vec<Finding> {
    let rules = Rules { timeline, call };
    match (&call.operation, &call.answer) {
        (Operation::Get, Answer::Found(data)) => {
            rules.wrong_data(data).into_iter().chain(rules.expired()).chain(rules.too_old()).collect()
        }
        (Operation::Get, Answer::No) => rules.keys().find_map(|key| rules.missing(key)).into_iter().collect(),
        (Operation::Create(_), Answer::Yes)
        | (Operation::Update { .. } | Operation::Touch | Operation::Rotate(_), Answer::No) => {
            rules.missing(Key::CreatedBy).into_iter().collect()
        }
        _ if call.shows_life() => {
            [rules.removed(), rules.expired(), rules.too_old(), rules.second_winner()].into_iter().flatten().collect()
        }
        _ => Vec::new(),
    }
}

struct Rules<'t, 'h> {
    timeline: &'t Timeline<'h>,
    call: &'t Call,
}

impl Rules<'_, '_> {
    fn keys(&self) -> impl Iterator<Item = Key> {
        [Key::CreatedBy].into_iter().chain(self.timeline.clients.iter().map(|client| Key::Value(*client)))
    }

    /// Checks every value that a get found, and every value that it should have found.
    fn wrong_data(&self, data: &Data) -> Vec<Finding> {
        let unknown = data.values.keys().filter(|client| !self.timeline.clients.contains(client));
        let unknown = unknown.map(|client| Key::Value(*client));
        let wrong = |key| match part(data, key) {
            Some(value) => self.wrong_value(key, value),
            None => self.missing(key),
        };
        self.keys().chain(unknown).filter_map(wrong).collect()
    }

    /// Checks that a value was written, and not overwritten before the call began.
    fn wrong_value(&self, key: Key, value: Number) -> Option<Finding> {
        let (timeline, call) = (self.timeline, self.call);
        let not_written = Some((Kind::NeverWritten, call.number));
        let Some(writer) = timeline.history.calls.get(value as usize) else { return not_written };
        let wrote = effect(writer, key) == Effect::Writes(value) && !writer.is_refused();
        if !wrote || writer.began > call.ended {
            return not_written;
        }
        let (mut id, mut observation) = (call.id, Observation::of(call));
        loop {
            let session = timeline.session(id);
            let source = session.source.filter(|rotation| rotation.began <= observation.ended);
            let Some(arrival) = Some(writer).filter(|writer| writer.id == id).or(source) else { return not_written };
            let overwrites = session.changes(key).filter(|change| {
                timeline.is_certain(change)
                    && ![Effect::Nothing, Effect::Writes(value)].contains(&effect(change, key))
                    && change.began > timeline.effective_by(arrival)
                    && timeline.precedes(session, change, observation)
            });
            if let Some(change) = overwrites.max_by_key(|change| change.ended) {
                return Some((undone(change), change.number));
            }
            if writer.id == id {
                return None;
            }
            let ended = timeline.effective_by(arrival).min(observation.ended);
            observation = Observation { ended, ..timeline.observation_by(arrival) };
            id = arrival.id;
        }
    }

    /// Checks that the call was right not to find a value.
    fn missing(&self, key: Key) -> Option<Finding> {
        let ends_early = key == Key::CreatedBy && self.timeline.can_expire(self.call.id);
        let kind = if ends_early { Kind::EndedEarly } else { Kind::LostUpdate };
        self.timeline.required(key, self.call.id, Observation::of(self.call)).map(|(write, _)| (kind, write))
    }

    /// Checks that a session which the call found alive was created, and not removed since.
    fn removed(&self) -> Option<Finding> {
        let (timeline, call) = (self.timeline, self.call);
        let session = timeline.session(call.id);
        let creators = session.creators().filter(|creator| creator.began <= call.ended);
        let Some(created) = creators.map(|creator| timeline.effective_by(creator)).max() else {
            return Some((Kind::NeverWritten, call.number));
        };
        let removals = session.whole.iter().filter(|removal| {
            matches!(removal.operation, Operation::Destroy | Operation::Rotate(_))
                && timeline.is_certain(removal)
                && removal.began > created
        });
        let earlier = removals.filter(|removal| timeline.effective_by(removal) < call.began);
        let removal = earlier.max_by_key(|removal| removal.ended)?;
        Some((undone(removal), removal.number))
    }

    /// Checks that a session which the call found alive had not expired, under any of its ids.
    fn expired(&self) -> Option<Finding> {
        let (timeline, call) = (self.timeline, self.call);
        let ttl = *timeline.history.short_lived.get(&call.id)?;
        let expiry = |other: &Call| timeline.effective_by(other).saturating_add(ttl + timeline.history.slack);
        let mut last: Option<&Call> = None;
        for id in timeline.lineage(call.id) {
            let others = timeline.session(id).extensions.iter().rev().copied();
            for other in others.filter(|other| other.number != call.number && other.began <= call.ended) {
                if expiry(other) >= call.began {
                    return None;
                }
                last = last.into_iter().chain([other]).max_by_key(|other| timeline.effective_by(other));
            }
        }
        Some((Kind::ExpiredAlive, last?.number))
    }

    /// Checks that a session which the call found alive is not older than `max_age`, across all its ids.
    fn too_old(&self) -> Option<Finding> {
        let age = self.timeline.history.max_age?;
        let creation = self.timeline.session(self.call.id).creation?;
        let end = creation.latest.saturating_add(age + self.timeline.history.slack);
        (self.call.began > end).then_some((Kind::TooOld, creation.call))
    }

    /// Checks that a session which the call removed had not been removed by a concurrent call.
    fn second_winner(&self) -> Option<Finding> {
        let removes = |call: &Call| {
            matches!(call.operation, Operation::Destroy | Operation::Rotate(_)) && call.answer == Answer::Yes
        };
        if !removes(self.call) {
            return None;
        }
        let session = self.timeline.session(self.call.id);
        let earlier = session.whole.iter().filter(|other| removes(other) && other.number < self.call.number);
        let earlier: Vec<_> = earlier.collect();
        let is_concurrent = earlier.iter().any(|other| other.ended >= self.call.began);
        (is_concurrent && earlier.len() >= session.creators().count()).then_some((Kind::TwoWinners, self.call.number))
    }
}

/// Returns the promise that is broken if this change is undone.
fn undone(change: &Call) -> Kind {
    match change.operation {
        Operation::Destroy => Kind::Resurrected,
        Operation::Rotate(_) => Kind::RotatedAlive,
        _ => Kind::LostUpdate,
    }
}
