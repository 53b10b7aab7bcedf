//! What two changes of one JSON value make together, and what is a change at all. On the texts: what a change leaves as
//! it is keeps its text, to the byte. No I/O.

mod glance;
mod json;
mod outcome;
mod plain;
mod reader;
pub(crate) mod renewal;
mod repair;
mod tokens;

use std::borrow::Cow;

use glance::surely_differ;
use json::{Node, Object};
use outcome::Outcome;
use plain::is_plain;

pub(crate) use reader::Reader;
pub(crate) use repair::{Trouble, repair};

/// Returns whether two JSON texts are the same value, whatever the order of the keys, the space in between and the escapes
/// in strings. Numbers are the same if they are written the same.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one == other || Node::of(one) == Node::of(other)
}

/// Returns what is to be stored of `ours`, which a reader of `base` has written, or `None` if nothing has changed. What
/// the reader could not tell apart from `base` has the text of `base`.
pub(crate) fn change<'a>(reader: Reader, base: &str, ours: &'a str) -> Option<Cow<'a, str>> {
    match is_plain(base) && surely_differ(base, ours) {
        true => Some(Cow::Borrowed(ours)),
        false => reader.change(base, ours).map(Cow::Owned),
    }
}

/// Returns what is to be stored of `ours` where others have changed `base` to `theirs` meanwhile, or `None` if that is
/// what they have stored. What the reader could not tell apart from theirs has their text: the base may be what this
/// reader itself has saved, and not what was stored of it.
pub(crate) fn rebase(reader: Reader, base: &str, theirs: &str, ours: &str) -> Option<String> {
    let ours = reader.change(base, ours);
    reader.change(theirs, &merge(base, theirs, ours.as_deref().unwrap_or(base)))
}

/// What was changed from `base` to `theirs`, and then from `base` to `ours`.
///
/// What only one side changed is as that side has it. Objects that both changed merge by key, in the order of theirs
/// with new keys of ours at the end. For any other value that both changed, ours wins, because it is later, with two
/// exceptions: a value that was removed, or is no longer an object, stays so, whatever was changed inside; and where ours
/// only turned integers into doubles, as a field of type `f64` does, theirs wins.
fn merge(base: &str, theirs: &str, ours: &str) -> String {
    let [base, theirs, ours] = [base, theirs, ours].map(Node::of);
    merge_values(Some(&base), Some(&theirs), Some(&ours)).outcome.map(Outcome::into_text).unwrap_or_default()
}

/// A value of the merged text, or none where there is none any more, and which sides are the same.
struct Merged<'a> {
    ours_is_base: bool,
    theirs_is_base: bool,
    ours_is_theirs: bool,
    outcome: Option<Outcome<'a>>,
}

/// In one pass: of objects, what is the same follows from their members.
fn merge_values<'a>(base: Option<&Node<'a>>, theirs: Option<&Node<'a>>, ours: Option<&Node<'a>>) -> Merged<'a> {
    let base_object = base.and_then(Node::object);
    let objects = theirs.and_then(Node::object).zip(ours.and_then(Node::object));
    let mut merged = match objects {
        Some((theirs, ours)) => merge_members(base_object, theirs, ours),
        None => Merged {
            ours_is_base: ours == base,
            theirs_is_base: theirs == base,
            ours_is_theirs: ours == theirs,
            outcome: None,
        },
    };
    let text = |node: &Node<'a>| Outcome::Text(node.text);
    if merged.ours_is_theirs || merged.ours_is_base {
        merged.outcome = theirs.map(text);
    } else if objects.is_none() {
        merged.outcome = match (theirs, ours) {
            _ if merged.theirs_is_base => ours.map(text),
            (Some(theirs), Some(ours)) => {
                let was_object = base_object.is_some() && ours.object().is_some();
                let is_widened = base.is_some_and(|base| Reader::SerdeFloats.restore(base, ours).0);
                Some(text(if was_object || is_widened { theirs } else { ours }))
            }
            // Removed by one of them.
            _ => None,
        };
    }
    merged
}

fn merge_members<'a>(base: Option<&Object<'a>>, theirs: &Object<'a>, ours: &Object<'a>) -> Merged<'a> {
    let count = base.map(|base| base.members.len());
    let mut ours_is_base = count == Some(ours.members.len());
    let mut theirs_is_base = count == Some(theirs.members.len());
    let mut ours_is_theirs = ours.members.len() == theirs.members.len();
    let mut members = Vec::with_capacity(theirs.members.len());
    let new = ours.members.iter().filter(|member| theirs.get(&member.name).is_none());
    for member in theirs.members.iter().chain(new) {
        let name = &member.name;
        let value = merge_values(base.and_then(|base| base.get(name)), theirs.get(name), ours.get(name));
        ours_is_base &= value.ours_is_base;
        theirs_is_base &= value.theirs_is_base;
        ours_is_theirs &= value.ours_is_theirs;
        members.extend(value.outcome.map(|outcome| (member.key, outcome)));
    }
    Merged { ours_is_base, theirs_is_base, ours_is_theirs, outcome: Some(Outcome::Object(members)) }
}

#[cfg(test)]
mod noise;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
