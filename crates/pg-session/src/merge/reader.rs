//! What a reader of JSON can tell apart, and so what in its data is a change.

use std::borrow::Cow;
use std::collections::HashMap;

use super::json::{Kind, Member, Name, Node, Object, same_tokens};
use super::outcome::Outcome;
use super::tokens::{replace_surrogates, unescape};

/// A reader of JSON, which writes it back. What it has not changed may still come back as other text.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Reader {
    /// `serde_json`, through [`decode`](crate::Session::decode).
    #[default]
    Serde,
    /// `JSON.parse` and `JSON.stringify`: every number is a double.
    JavaScript,
    /// `serde_json` into types whose numbers are `f64`: integers come back as doubles.
    SerdeFloats,
}

impl Reader {
    /// Whether `ours` may be what this reader writes back of `base` without a change.
    pub(crate) fn reads_same(self, base: &str, ours: &str) -> bool {
        base == ours || self.restore(&Node::of(base), &Node::of(ours)).0
    }

    /// Returns the text of `ours`, in which all that this reader could not tell apart from `base` has the text of `base`,
    /// or `None` if that is everything.
    pub(crate) fn change(self, base: &str, ours: &str) -> Option<String> {
        if base == ours {
            return None;
        }
        match self.restore(&Node::of(base), &Node::of(ours)) {
            (true, _) => None,
            (false, outcome) => Some(outcome.into_text()),
        }
    }

    /// Returns whether the reader takes both for the same, and `ours` with the text of `base` wherever it does. One pass.
    pub(super) fn restore<'a>(self, base: &Node<'a>, ours: &Node<'a>) -> (bool, Outcome<'a>) {
        let (is_same, outcome) = match (&base.kind, &ours.kind) {
            _ if base.text == ours.text => (true, None),
            (Kind::Object(base), Kind::Object(ours)) => self.restore_members(base, ours),
            (Kind::Array(base), Kind::Array(ours)) => self.restore_items(base, ours),
            (Kind::Deep, Kind::Deep) => {
                (same_tokens(base.text, ours.text, |base, ours| self.same_scalar(base, ours)), None)
            }
            (Kind::Deep, Kind::Word) => (self != Self::JavaScript && ours.text == "null", None),
            (Kind::String | Kind::Number, _) => (self.same_scalar(base.text, ours.text), None),
            _ => (false, None),
        };
        match outcome {
            Some(outcome) if !is_same => (false, outcome),
            _ => (is_same, Outcome::Text(if is_same { base.text } else { ours.text })),
        }
    }

    fn restore_members<'a>(self, base: &Object<'a>, ours: &Object<'a>) -> (bool, Option<Outcome<'a>>) {
        let names = self.names(base);
        let mut is_same = true;
        let mut is_known = vec![false; ours.members.len()];
        let mut members = Vec::with_capacity(ours.members.len());
        for (n, member) in base.members.iter().enumerate() {
            let (place, is_hidden) = find(member, n, names.as_ref(), ours);
            // A member that ours lacks was removed.
            let Some(place) = place else {
                is_same = false;
                continue;
            };
            is_known[place] = true;
            let (is_same_value, value) = match is_hidden {
                true => (true, Outcome::Text(member.value.text)),
                false => self.restore(&member.value, &ours.members[place].value),
            };
            is_same &= is_same_value;
            members.push((member.key, value));
        }
        let new = ours.members.iter().zip(is_known).filter(|(_, is_known)| !is_known);
        members.extend(new.map(|(member, _)| (member.key, Outcome::Text(member.value.text))));
        is_same &= members.len() == base.members.len();
        (is_same, Some(Outcome::Object(members)))
    }

    /// Returns the names as the reader reads them, each with the place of the last member that reads so, or `None` if it
    /// reads all of them as they are.
    pub(super) fn names<'o>(self, base: &'o Object<'_>) -> Option<HashMap<Name<'o>, usize>> {
        let read = |member: &'o Member<'_>| replace_surrogates(Cow::Borrowed(&member.name));
        let differs = |member: &'o Member<'_>| matches!(read(member), Cow::Owned(_));
        (self != Self::JavaScript && base.members.iter().any(differs))
            .then(|| base.members.iter().enumerate().map(|(n, member)| (read(member), n)).collect())
    }

    /// Compares each item with the one that follows the last, or if it is not that, with one that is the same elsewhere.
    fn restore_items<'a>(self, base: &[Node<'a>], ours: &[Node<'a>]) -> (bool, Option<Outcome<'a>>) {
        let mut places: Option<HashMap<u64, usize>> = None;
        let mut next = 0;
        let mut is_same = base.len() == ours.len();
        let mut items = Vec::with_capacity(ours.len());
        for item in ours {
            let is_next = base.get(next).is_some_and(|base| base.text == item.text || base.hash() == item.hash());
            if !is_next {
                // The first of several is the last to be inserted.
                let hashes = || base.iter().enumerate().rev().map(|(n, item)| (item.hash(), n)).collect();
                let places = places.get_or_insert_with(hashes);
                if let Some(place) = places.get(&item.hash()) {
                    is_same = false;
                    next = *place;
                }
            }
            let (is_same_item, outcome) = match base.get(next) {
                Some(base) => self.restore(base, item),
                None => (false, Outcome::Text(item.text)),
            };
            next += 1;
            is_same &= is_same_item;
            items.push(outcome);
        }
        (is_same, Some(Outcome::Array(items)))
    }

    fn same_scalar(self, base: &str, ours: &str) -> bool {
        if base == ours {
            return true;
        }
        match (base.as_bytes(), ours.as_bytes()) {
            ([b'"', ..], [b'"', ..]) => {
                let (base, ours) = (unescape(base), unescape(ours));
                base == ours || self != Self::JavaScript && replace_surrogates(base) == ours
            }
            ([b'-' | b'0'..=b'9', ..], [b'-' | b'0'..=b'9', ..]) => self.same_number(base, ours),
            ([b'-' | b'0'..=b'9', ..], _) => ours == "null" && float(base).is_none(),
            _ => false,
        }
    }

    /// Whether the reader takes two numbers for the same that are written differently.
    fn same_number(self, base: &str, ours: &str) -> bool {
        let (Some(base_float), Some(ours_float)) = (float(base), float(ours)) else { return false };
        let is_same_float = base_float.to_bits() == ours_float.to_bits();
        match self {
            Self::JavaScript => base_float == ours_float,
            // Somebody may read an integer of any size, and from integers only.
            _ if is_integer(ours) => false,
            // An integer beyond 64 bits is read as a double where no type is asked for, and one that a double cannot hold
            // was not replaced by that double on purpose.
            Self::Serde if is_integer(base) => is_same_float && !is_exact(base),
            Self::Serde | Self::SerdeFloats => is_same_float,
        }
    }
}

/// Returns the place in ours of member `n` of the base, and whether the reader read another one of that name instead.
fn find(
    member: &Member<'_>,
    n: usize,
    names: Option<&HashMap<Name<'_>, usize>>,
    ours: &Object<'_>,
) -> (Option<usize>, bool) {
    let place = ours.place(&member.name);
    let Some(names) = names else { return (place, false) };
    match replace_surrogates(Cow::Borrowed(&member.name)) {
        Cow::Owned(_) if place.is_some() => (place, false),
        name => (ours.place(&name), names.get(&name) != Some(&n)),
    }
}

/// Whether `serde_json` reads an integer. It reads `-0` as a double.
fn is_integer(number: &str) -> bool {
    number != "-0" && !number.contains(['.', 'e', 'E'])
}

/// Whether the integer has at most 64 bits, and a double can hold it.
fn is_exact(integer: &str) -> bool {
    let bits_64 = i64::MIN.into()..=u64::MAX.into();
    integer.parse::<i128>().is_ok_and(|integer| bits_64.contains(&integer) && integer as f64 as i128 == integer)
}

/// Returns the nearest double, or `None` for a number beyond the range of doubles.
pub(super) fn float(number: &str) -> Option<f64> {
    number.parse().ok().filter(|float: &f64| float.is_finite())
}
