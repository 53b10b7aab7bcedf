//! What a session takes along to a new id.

use super::merge;

/// What to store under the new id.
pub(crate) enum PassOn {
    /// Nothing: the session was ended, and this request has added nothing to it.
    Nothing,
    /// This text.
    Keep(String),
    /// The data as it is: it has nothing of the old session.
    Anew,
}

pub(crate) fn pass_on(base: &str, left: Option<&str>, ours: &str, _own_keys: &[&str]) -> PassOn {
    match left {
        None => PassOn::Keep(merge(base, "{}", ours)),
        Some(left) => PassOn::Keep(merge(base, left, ours)),
    }
}
