//! What a reader of JSON can tell apart. Anything else in its data does not count as a change.

use std::borrow::Cow;
use std::collections::HashMap;

use super::json::{Kind, Member, Name, Node, Object, same_tokens};
use super::output::Output;
use super::strings::{replace_surrogates, unescape};

/// A program that reads JSON and writes it back. Values that it has not changed may come back as other text.
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
    /// Returns whether this reader may write `ours` if it reads `base` and changes nothing.
    pub(crate) fn reads_same(self, base: &str, ours: &str) -> bool {
        base == ours || self.restore(&Node::parse(base), &Node::parse(ours)).0
    }

    /// Returns `ours` with the text of `base` wherever this reader cannot tell them apart, or `None` if it cannot tell them
    /// apart anywhere.
    pub(crate) fn change(self, base: &str, ours: &str) -> Option<String> {
        if base == ours {
            return None;
        }
        match self.restore(&Node::parse(base), &Node::parse(ours)) {
            (true, _) => None,
            (false, output) => Some(output.into_text()),
        }
    }

    /// Returns whether the values are the same to the reader, and `ours` with the text of `base` wherever they are.
    pub(super) fn restore<'a>(self, base: &Node<'a>, ours: &Node<'a>) -> (bool, Output<'a>) {
        let (is_same, output) = match (&base.kind, &ours.kind) {
            _ if base.text == ours.text => (true, None),
            (Kind::Object(base), Kind::Object(ours)) => self.restore_members(base, ours),
            (Kind::Array(base), Kind::Array(ours)) => self.restore_items(base, ours),
            (Kind::Deep, Kind::Deep) => {
                (same_tokens(base.text, ours.text, |base, ours| self.same_scalar(base, ours)), None)
            }
            (Kind::Deep, Kind::Literal) => (self != Self::JavaScript && ours.text == "null", None),
            (Kind::String | Kind::Number, _) => (self.same_scalar(base.text, ours.text), None),
            _ => (false, None),
        };
        match output {
            Some(output) if !is_same => (false, output),
            _ => (is_same, Output::Text(if is_same { base.text } else { ours.text })),
        }
    }

    fn restore_members<'a>(self, base: &Object<'a>, ours: &Object<'a>) -> (bool, Option<Output<'a>>) {
        let names = self.names_as_read(base);
        let mut is_same = true;
        let mut is_known = vec![false; ours.members.len()];
        let mut members = Vec::with_capacity(ours.members.len());
        for (n, member) in base.members.iter().enumerate() {
            let (position, is_hidden) = find(member, n, names.as_ref(), ours);
            // A member that ours lacks was removed.
            let Some(position) = position else {
                is_same = false;
                continue;
            };
            is_known[position] = true;
            let (is_same_value, value) = if is_hidden {
                (true, Output::Text(member.value.text))
            } else {
                self.restore(&member.value, &ours.members[position].value)
            };
            is_same &= is_same_value;
            members.push((member.key, value));
        }
        let new = ours.members.iter().zip(is_known).filter(|(_, is_known)| !is_known);
        members.extend(new.map(|(member, _)| (member.key, Output::Text(member.value.text))));
        is_same &= members.len() == base.members.len();
        (is_same, Some(Output::Object(members)))
    }

    /// Returns the names as the reader reads them, each with the position of the last member that it reads under this name,
    /// or `None` if the reader replaces nothing in any name.
    pub(super) fn names_as_read<'o>(self, base: &'o Object<'_>) -> Option<HashMap<Name<'o>, usize>> {
        let read = |member: &'o Member<'_>| replace_surrogates(Cow::Borrowed(&member.name));
        let differs = |member: &'o Member<'_>| matches!(read(member), Cow::Owned(_));
        (self != Self::JavaScript && base.members.iter().any(differs))
            .then(|| base.members.iter().enumerate().map(|(n, member)| (read(member), n)).collect())
    }

    /// Matches each item of `ours` with the item of `base` after the last match, or with an equal item elsewhere in `base`.
    fn restore_items<'a>(self, base: &[Node<'a>], ours: &[Node<'a>]) -> (bool, Option<Output<'a>>) {
        let mut positions: Option<HashMap<u64, usize>> = None;
        let mut next = 0;
        let mut is_same = base.len() == ours.len();
        let mut items = Vec::with_capacity(ours.len());
        for item in ours {
            let is_next = base.get(next).is_some_and(|base| base.text == item.text || base.hash() == item.hash());
            if !is_next {
                // Reversed: the first of several equal items is inserted last, and stays.
                let hashes = || base.iter().enumerate().rev().map(|(n, item)| (item.hash(), n)).collect();
                let positions = positions.get_or_insert_with(hashes);
                if let Some(position) = positions.get(&item.hash()) {
                    is_same = false;
                    next = *position;
                }
            }
            let (is_same_item, output) = match base.get(next) {
                Some(base) => self.restore(base, item),
                None => (false, Output::Text(item.text)),
            };
            next += 1;
            is_same &= is_same_item;
            items.push(output);
        }
        (is_same, Some(Output::Array(items)))
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

    /// Returns whether two different notations are the same number to the reader.
    fn same_number(self, base: &str, ours: &str) -> bool {
        let (Some(base_float), Some(ours_float)) = (float(base), float(ours)) else { return false };
        let is_same_float = base_float.to_bits() == ours_float.to_bits();
        match self {
            Self::JavaScript => base_float == ours_float,
            // A type such as u128 reads an integer of any size exactly, and does not read doubles.
            _ if is_integer(ours) => false,
            // `Value` reads an integer beyond 64 bits as a double. Nobody writes that double on purpose in place of an
            // integer that no double holds.
            Self::Serde if is_integer(base) => is_same_float && !is_exact(base),
            Self::Serde | Self::SerdeFloats => is_same_float,
        }
    }
}

/// Returns the position in `ours` of member `n` of the base, and whether the reader read a later member under the same name
/// instead.
fn find(
    member: &Member<'_>,
    n: usize,
    names: Option<&HashMap<Name<'_>, usize>>,
    ours: &Object<'_>,
) -> (Option<usize>, bool) {
    let position = ours.position(&member.name);
    let Some(names) = names else { return (position, false) };
    match replace_surrogates(Cow::Borrowed(&member.name)) {
        Cow::Owned(_) if position.is_some() => (position, false),
        name => (ours.position(&name), names.get(&name) != Some(&n)),
    }
}

/// Returns whether `serde_json` reads an integer. It reads `-0` as a double.
fn is_integer(number: &str) -> bool {
    number != "-0" && !number.contains(['.', 'e', 'E'])
}

/// Returns whether the integer has at most 64 bits and a double holds it exactly.
fn is_exact(integer: &str) -> bool {
    let bits_64 = i64::MIN.into()..=u64::MAX.into();
    integer.parse::<i128>().is_ok_and(|integer| bits_64.contains(&integer) && integer as f64 as i128 == integer)
}

/// Returns the nearest double, or `None` for a number beyond the range of doubles.
pub(super) fn float(number: &str) -> Option<f64> {
    number.parse().ok().filter(|float: &f64| float.is_finite())
}
