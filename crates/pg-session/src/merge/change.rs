//! The text that a save stores.

use std::borrow::Cow;

use super::fingerprint::definitely_differ;
use super::plain::is_plain;
use super::reader::Reader;
use super::three_way::merge;

/// Returns the text to store for `ours`, which a reader of `base` wrote, or `None` if nothing has changed. What the
/// reader cannot tell apart from `base` keeps the text of `base`.
pub(crate) fn change<'a>(reader: Reader, base: &str, ours: &'a str) -> Option<Cow<'a, str>> {
    if is_plain(base) && definitely_differ(base, ours) {
        return Some(Cow::Borrowed(ours));
    }
    reader.change(base, ours).map(Cow::Owned)
}

/// Returns the text to store for `ours` after others changed `base` to `theirs`, or `None` if that is what they stored.
///
/// What the reader cannot tell apart from `theirs` keeps their text. The base may be what this reader saved earlier instead
/// of what was stored for it.
pub(crate) fn rebase(reader: Reader, base: &str, theirs: &str, ours: &str) -> Option<String> {
    let ours = reader.change(base, ours);
    reader.change(theirs, &merge(base, theirs, ours.as_deref().unwrap_or(base)))
}
