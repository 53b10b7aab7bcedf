//! Three-way merge.

use super::json::{Node, Object};
use super::output::Output;
use super::reader::Reader;

/// Merges the change from `base` to `theirs` with the later change from `base` to `ours`.
///
/// What only one side changed is taken from that side. Objects that both changed merge by key, in the order of `theirs`
/// with the new keys of `ours` at the end. Of any other value that both changed, `ours` wins, with two exceptions:
///
/// - A removal wins over a change inside the removed value. Replacing an object by another type counts as a removal.
/// - If `ours` only turned integers into doubles, as a field of type `f64` does, `theirs` wins.
pub(super) fn merge(base: &str, theirs: &str, ours: &str) -> String {
    let [base, theirs, ours] = [base, theirs, ours].map(Node::parse);
    merge_values(Some(&base), Some(&theirs), Some(&ours)).output.map(Output::into_text).unwrap_or_default()
}

/// The result of merging one value. No output means that the value is removed.
struct Merged<'a> {
    ours_is_base: bool,
    theirs_is_base: bool,
    ours_is_theirs: bool,
    output: Option<Output<'a>>,
}

/// Merges and compares in one pass: whether two objects are equal follows from their members.
fn merge_values<'a>(base: Option<&Node<'a>>, theirs: Option<&Node<'a>>, ours: Option<&Node<'a>>) -> Merged<'a> {
    let base_object = base.and_then(Node::object);
    let objects = theirs.and_then(Node::object).zip(ours.and_then(Node::object));
    let mut merged = match objects {
        Some((theirs, ours)) => merge_members(base_object, theirs, ours),
        None => Merged {
            ours_is_base: ours == base,
            theirs_is_base: theirs == base,
            ours_is_theirs: ours == theirs,
            output: None,
        },
    };
    let text = |node: &Node<'a>| Output::Text(node.text);
    if merged.ours_is_theirs || merged.ours_is_base {
        merged.output = theirs.map(text);
    } else if objects.is_none() {
        merged.output = match (theirs, ours) {
            _ if merged.theirs_is_base => ours.map(text),
            (Some(theirs), Some(ours)) => {
                let was_object = base_object.is_some() && ours.object().is_some();
                let is_widened = base.is_some_and(|base| Reader::SerdeFloats.restore(base, ours).0);
                Some(text(if was_object || is_widened { theirs } else { ours }))
            }
            // One side removed it.
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
        members.extend(value.output.map(|output| (member.key, output)));
    }
    Merged { ours_is_base, theirs_is_base, ours_is_theirs, output: Some(Output::Object(members)) }
}
