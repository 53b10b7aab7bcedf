//! Renewals: what a session under a new id takes over from the session that the request has loaded.

use super::json::{Member, Node, Object};
use super::outcome::Outcome;
use super::{Reader, rebase};

/// What a renewed session is to hold.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum PassOn {
    /// Nothing: others have ended the session, and the request has added nothing of its own.
    Nothing,
    /// This data.
    Keep(String),
    /// The request's own data as it is: it takes nothing of the old session along.
    Anew,
}

/// Returns what the new session is to hold. The request has loaded the old session as `base`, ended it when it held `left`,
/// and now saves `ours`.
///
/// `left` is `None` if others had ended the session before. Then the new one holds only what the request has added: the
/// top-level keys that `base` did not have. Else it holds `ours`, merged with what others have changed. But if `ours` has
/// none of the top-level keys of `base`, the request starts anew, and what others have put into the old session must not
/// come along.
///
/// `own_keys` are the top-level keys of the middleware itself. They are kept with the rest, but count neither as added nor
/// as taken along.
pub(crate) fn pass_on(reader: Reader, base: &str, left: Option<&str>, ours: &str, own_keys: &[&str]) -> PassOn {
    let (base_node, ours_node) = (Node::of(base), Node::of(ours));
    let none = Object::default();
    let had = base_node.object().unwrap_or(&none);
    let has = ours_node.object().unwrap_or(&none);
    let is_own = |member: &Member<'_>| own_keys.iter().any(|key| *key.as_bytes() == *member.name);
    let names = reader.names(had);
    let was_there = |Member { name, .. }: &Member<'_>| {
        had.get(name).is_some() || names.as_ref().is_some_and(|names| names.contains_key(&**name))
    };
    let Some(left) = left else {
        let added: Vec<_> = has.members.iter().filter(|member| is_own(member) || !was_there(member)).collect();
        return match added.iter().all(|member| is_own(member)) {
            true => PassOn::Nothing,
            false => {
                let members = added.iter().map(|member| (member.key, Outcome::Text(member.value.text)));
                PassOn::Keep(Outcome::Object(members.collect()).into_text())
            }
        };
    };
    let starts_anew =
        !had.members.iter().all(is_own) && !has.members.iter().any(|member| !is_own(member) && was_there(member));
    match starts_anew {
        true => PassOn::Anew,
        false => PassOn::Keep(rebase(reader, base, left, ours).unwrap_or_else(|| left.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::PassOn::{Anew, Nothing};
    use super::*;

    const OWN: &[&str] = &["cookie"];

    #[track_caller]
    fn assert_passes_on(base: &str, left: Option<&str>, ours: &str, expected: PassOn) {
        assert_eq!(pass_on(Reader::JavaScript, base, left, ours, OWN), expected, "{base} {left:?} {ours}");
    }

    fn keep(data: &str) -> PassOn {
        PassOn::Keep(data.into())
    }

    #[test]
    fn the_data_goes_along_with_what_others_changed() {
        let base = r#"{"cookie":{"n":1},"cart":{"pen":1},"id":9007199254740993}"#;
        let ours = r#"{"cookie":{"n":2},"cart":{"pen":1},"id":9007199254740992,"user":7}"#;
        let kept = r#"{"cookie":{"n":2},"cart":{"pen":1},"id":9007199254740993,"user":7}"#;
        assert_passes_on(base, Some(base), ours, keep(kept));
        let left = r#"{"cookie":{"n":1},"cart":{"pen":1,"ink":2},"id":9007199254740994,"theme":"dark"}"#;
        let merged = r#"{"cookie":{"n":2},"cart":{"pen":1,"ink":2},"id":9007199254740994,"theme":"dark","user":7}"#;
        assert_passes_on(base, Some(left), ours, keep(merged));
        // One key that the base had is enough, with whatever value.
        assert_passes_on(base, Some(left), r#"{"cart":0}"#, keep(r#"{"cart":0,"theme":"dark"}"#));
        // Unchanged by anybody.
        assert_passes_on(base, Some(base), base, keep(base));
        assert_passes_on(base, Some(left), base, keep(left));
    }

    #[test]
    fn what_others_removed_does_not_come_back() {
        let base = r#"{"user":{"id":7},"cart":[1]}"#;
        assert_passes_on(
            base,
            Some(r#"{"cart":[1]}"#),
            r#"{"user":{"id":7,"seen":1},"cart":[1]}"#,
            keep(r#"{"cart":[1]}"#),
        );
    }

    #[test]
    fn a_session_that_takes_nothing_along_starts_anew() {
        let base = r#"{"cookie":1,"user":7}"#;
        for left in [base, r#"{"cookie":1,"user":7,"secret":1}"#] {
            for ours in [r#"{"cookie":1,"guest":true}"#, r#"{"cookie":1}"#, "{}", "null", "[7]"] {
                assert_passes_on(base, Some(left), ours, Anew);
            }
        }
        // It cannot where there was nothing to take along.
        for base in [r#"{"cookie":1}"#, "{}", "null"] {
            assert_passes_on(base, Some(base), r#"{"cookie":2,"guest":true}"#, keep(r#"{"cookie":2,"guest":true}"#));
        }
        let left = r#"{"cookie":1,"theme":"dark"}"#;
        assert_passes_on(
            r#"{"cookie":1}"#,
            Some(left),
            r#"{"cookie":1,"user":7}"#,
            keep(r#"{"cookie":1,"theme":"dark","user":7}"#),
        );
    }

    #[test]
    fn of_a_session_that_others_ended_only_what_is_new_goes_along() {
        let base = r#"{"cookie":1,"user":7,"cart":{"pen":1}}"#;
        for ours in
            [base, r#"{"cookie":2,"user":8,"cart":{"pen":2}}"#, r#"{"cookie":2}"#, "{}", "null", "[1]", "no JSON"]
        {
            assert_passes_on(base, None, ours, Nothing);
        }
        let ours = r#"{"user":8,"\u006eew":1.50,"cookie":2,"cart":{"pen":1},"more":{}}"#;
        assert_passes_on(base, None, ours, keep(r#"{"\u006eew":1.50,"cookie":2,"more":{}}"#));
        assert_passes_on("null", None, r#"{"a":1}"#, keep(r#"{"a":1}"#));
        assert_passes_on("{}", None, "{}", Nothing);
    }

    #[test]
    fn keys_are_those_that_the_reader_read() {
        let (base, ours) = (r#"{"\ud800":1}"#, "{\"\u{fffd}\":1,\"b\":1}");
        assert_eq!(pass_on(Reader::Serde, base, None, ours, OWN), keep(r#"{"b":1}"#));
        assert_eq!(pass_on(Reader::JavaScript, base, None, ours, OWN), keep(ours));
        assert_eq!(pass_on(Reader::Serde, base, Some(base), ours, OWN), keep(r#"{"\ud800":1,"b":1}"#));
        assert_eq!(pass_on(Reader::JavaScript, base, Some(base), ours, OWN), Anew);
        let own = r#"{"co\u006fkie":1}"#;
        assert_eq!(pass_on(Reader::JavaScript, own, None, r#"{"cookie":2}"#, OWN), Nothing);
    }
}
