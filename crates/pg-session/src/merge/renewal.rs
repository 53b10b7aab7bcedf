//! What a session under a new id keeps of the session that the request loaded.

use super::change::rebase;
use super::json::{Member, Node, Object};
use super::output::Output;
use super::reader::Reader;

/// The data that the renewed session stores.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum RenewalPlan {
    /// Nothing: another request ended the session, and this one added nothing.
    Nothing,
    /// This data.
    Store(String),
    /// The request's own data, unmerged: it keeps nothing of the old session.
    Fresh,
}

/// Plans the renewal of a session that the request loaded as `base`, ended when it held `taken`, and now saves as `ours`.
///
/// - If another request ended the session first, `taken` is `None`. The new session then stores only what this request
///   added: the top-level keys that `base` did not have.
/// - If `ours` has none of the top-level keys of `base`, the request starts over. What other requests stored in the old
///   session must not appear in the new one.
/// - Otherwise the new session stores `ours`, merged with what others changed.
///
/// `own_keys` are the top-level keys of the middleware itself. They are stored with the rest, but count neither as added nor
/// as kept.
pub(crate) fn plan_renewal(
    reader: Reader,
    base: &str,
    taken: Option<&str>,
    ours: &str,
    own_keys: &[&str],
) -> RenewalPlan {
    let (base_node, ours_node) = (Node::parse(base), Node::parse(ours));
    let empty = Object::default();
    let base_object = base_node.object().unwrap_or(&empty);
    let ours_members = &ours_node.object().unwrap_or(&empty).members;
    let names = reader.names_as_read(base_object);
    let is_own = |member: &Member<'_>| own_keys.iter().any(|key| *key.as_bytes() == *member.name);
    let is_in_base = |Member { name, .. }: &Member<'_>| {
        base_object.get(name).is_some() || names.as_ref().is_some_and(|names| names.contains_key(&**name))
    };
    let Some(taken) = taken else {
        let added: Vec<_> = ours_members.iter().filter(|member| is_own(member) || !is_in_base(member)).collect();
        if added.iter().all(|member| is_own(member)) {
            return RenewalPlan::Nothing;
        }
        let members = added.iter().map(|member| (member.key, Output::Text(member.value.text)));
        return RenewalPlan::Store(Output::Object(members.collect()).into_text());
    };
    let had_data = !base_object.members.iter().all(is_own);
    let keeps_data = ours_members.iter().any(|member| !is_own(member) && is_in_base(member));
    if had_data && !keeps_data {
        return RenewalPlan::Fresh;
    }
    RenewalPlan::Store(rebase(reader, base, taken, ours).unwrap_or_else(|| taken.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::RenewalPlan::{Fresh, Nothing};
    use super::*;

    const OWN: &[&str] = &["cookie"];

    #[track_caller]
    fn assert_plan(base: &str, taken: Option<&str>, ours: &str, expected: RenewalPlan) {
        assert_eq!(plan_renewal(Reader::JavaScript, base, taken, ours, OWN), expected, "{base} {taken:?} {ours}");
    }

    fn store(data: &str) -> RenewalPlan {
        RenewalPlan::Store(data.into())
    }

    #[test]
    fn the_new_session_keeps_the_data_and_what_others_changed() {
        let base = r#"{"cookie":{"n":1},"cart":{"pen":1},"id":9007199254740993}"#;
        let ours = r#"{"cookie":{"n":2},"cart":{"pen":1},"id":9007199254740992,"user":7}"#;
        let kept = r#"{"cookie":{"n":2},"cart":{"pen":1},"id":9007199254740993,"user":7}"#;
        assert_plan(base, Some(base), ours, store(kept));
        let taken = r#"{"cookie":{"n":1},"cart":{"pen":1,"ink":2},"id":9007199254740994,"theme":"dark"}"#;
        let merged = r#"{"cookie":{"n":2},"cart":{"pen":1,"ink":2},"id":9007199254740994,"theme":"dark","user":7}"#;
        assert_plan(base, Some(taken), ours, store(merged));
        // One key of the base is enough, even with another value.
        assert_plan(base, Some(taken), r#"{"cart":0}"#, store(r#"{"cart":0,"theme":"dark"}"#));
        // This request changed nothing.
        assert_plan(base, Some(base), base, store(base));
        assert_plan(base, Some(taken), base, store(taken));
    }

    #[test]
    fn a_removal_by_others_is_not_undone() {
        let base = r#"{"user":{"id":7},"cart":[1]}"#;
        assert_plan(
            base,
            Some(r#"{"cart":[1]}"#),
            r#"{"user":{"id":7,"seen":1},"cart":[1]}"#,
            store(r#"{"cart":[1]}"#),
        );
    }

    #[test]
    fn a_request_that_keeps_nothing_starts_over() {
        let base = r#"{"cookie":1,"user":7}"#;
        for taken in [base, r#"{"cookie":1,"user":7,"secret":1}"#] {
            for ours in [r#"{"cookie":1,"guest":true}"#, r#"{"cookie":1}"#, "{}", "null", "[7]"] {
                assert_plan(base, Some(taken), ours, Fresh);
            }
        }
        // Where there was no data to keep, the request does not start over.
        for base in [r#"{"cookie":1}"#, "{}", "null"] {
            assert_plan(base, Some(base), r#"{"cookie":2,"guest":true}"#, store(r#"{"cookie":2,"guest":true}"#));
        }
        let taken = r#"{"cookie":1,"theme":"dark"}"#;
        assert_plan(
            r#"{"cookie":1}"#,
            Some(taken),
            r#"{"cookie":1,"user":7}"#,
            store(r#"{"cookie":1,"theme":"dark","user":7}"#),
        );
    }

    #[test]
    fn only_added_keys_survive_if_others_ended_the_session() {
        let base = r#"{"cookie":1,"user":7,"cart":{"pen":1}}"#;
        for ours in
            [base, r#"{"cookie":2,"user":8,"cart":{"pen":2}}"#, r#"{"cookie":2}"#, "{}", "null", "[1]", "no JSON"]
        {
            assert_plan(base, None, ours, Nothing);
        }
        let ours = r#"{"user":8,"\u006eew":1.50,"cookie":2,"cart":{"pen":1},"more":{}}"#;
        assert_plan(base, None, ours, store(r#"{"\u006eew":1.50,"cookie":2,"more":{}}"#));
        assert_plan("null", None, r#"{"a":1}"#, store(r#"{"a":1}"#));
        assert_plan("{}", None, "{}", Nothing);
    }

    #[test]
    fn keys_are_compared_as_the_reader_reads_them() {
        let (base, ours) = (r#"{"\ud800":1}"#, "{\"\u{fffd}\":1,\"b\":1}");
        assert_eq!(plan_renewal(Reader::Serde, base, None, ours, OWN), store(r#"{"b":1}"#));
        assert_eq!(plan_renewal(Reader::JavaScript, base, None, ours, OWN), store(ours));
        assert_eq!(plan_renewal(Reader::Serde, base, Some(base), ours, OWN), store(r#"{"\ud800":1,"b":1}"#));
        assert_eq!(plan_renewal(Reader::JavaScript, base, Some(base), ours, OWN), Fresh);
        let own = r#"{"co\u006fkie":1}"#;
        assert_eq!(plan_renewal(Reader::JavaScript, own, None, r#"{"cookie":2}"#, OWN), Nothing);
    }
}
