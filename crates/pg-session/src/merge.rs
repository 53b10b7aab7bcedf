//! What two changes of one JSON value make together. On the texts: what is taken over from a side stays as that side
//! has it, to the byte. No I/O.

mod glance;
mod json;

use glance::surely_differ;
use json::{Kind, Node, Object};

/// Whether two JSON texts are the same value: whatever the order of the keys, and however strings and numbers are
/// written. A `jsonb` column writes them anew.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one == other || Node::of(one) == Node::of(other)
}

/// The same at a glance where that is enough, as for most changes. A key that comes twice may make a change of it.
pub(crate) fn is_change(base: &str, ours: &str) -> bool {
    base != ours && (surely_differ(base, ours) || !same(base, ours))
}

/// What was changed from `base` to `theirs`, and then from `base` to `ours`.
///
/// What only one side changed is as that side has it. Objects that both changed merge by key, in the order of theirs
/// with new keys of ours at the end. Of anything else that both changed ours stands, the later one, with one exception:
/// what was removed, or was an object and no longer is, stays so, whatever was changed inside.
pub(crate) fn merge(base: &str, theirs: &str, ours: &str) -> String {
    let [base, theirs, ours] = [base, theirs, ours].map(Node::of);
    let mut merged = String::new();
    if let Some(value) = choose(Some(&base), Some(&theirs), Some(&ours)) {
        value.write(&mut merged);
    }
    merged
}

/// A value of the merged text.
enum Choice<'n, 'a> {
    Of(&'n Node<'a>),
    Mixed { base: Option<&'n Object<'a>>, theirs: &'n Object<'a>, ours: &'n Object<'a> },
}

/// None where there is no such value, or none any more.
fn choose<'n, 'a>(
    base: Option<&'n Node<'a>>,
    theirs: Option<&'n Node<'a>>,
    ours: Option<&'n Node<'a>>,
) -> Option<Choice<'n, 'a>> {
    if ours == theirs || ours == base {
        return theirs.map(Choice::Of);
    }
    if theirs == base {
        return ours.map(Choice::Of);
    }
    let base = base.and_then(Node::object);
    // A side that has none any more has removed it.
    let (theirs, ours) = (theirs?, ours?);
    Some(match (&theirs.kind, &ours.kind) {
        (Kind::Object(theirs), Kind::Object(ours)) => Choice::Mixed { base, theirs, ours },
        (_, Kind::Object(_)) if base.is_some() => Choice::Of(theirs),
        _ => Choice::Of(ours),
    })
}

impl Choice<'_, '_> {
    fn write(&self, out: &mut String) {
        let (base, theirs, ours) = match self {
            Self::Of(node) => return out.push_str(node.text),
            Self::Mixed { base, theirs, ours } => (base, theirs, ours),
        };
        let new = ours.members().filter(|(name, _)| theirs.get(name).is_none());
        let mut separator = '{';
        for (name, key) in theirs.members().chain(new) {
            let base = base.and_then(|base| base.get(name));
            if let Some(value) = choose(base, theirs.get(name), ours.get(name)) {
                out.push(separator);
                out.push_str(key);
                out.push(':');
                value.write(out);
                separator = ',';
            }
        }
        out.push_str(if separator == '{' { "{}" } else { "}" });
    }
}

#[cfg(test)]
mod noise;
#[cfg(test)]
mod tests;
