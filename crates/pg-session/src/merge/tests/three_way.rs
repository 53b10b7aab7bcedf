//! Merges of given values.

use crate::merge::json::same;
use crate::merge::three_way::merge;

#[track_caller]
fn assert_merges(base: &str, theirs: &str, ours: &str, expected: &str) {
    assert_eq!(merge(base, theirs, ours), expected);
}

#[test]
fn a_change_by_one_side_is_kept() {
    assert_merges(r#"{"a":1,"b":1}"#, r#"{"a":2,"b":1}"#, r#"{"a":1,"b":2}"#, r#"{"a":2,"b":2}"#);
    assert_merges(r#"{"a":1}"#, r#"{"a":1,"b":1}"#, r#"{"a":1,"c":1}"#, r#"{"a":1,"b":1,"c":1}"#);
    assert_merges(r#"{"a":1,"b":1}"#, r#"{"b":1}"#, r#"{"a":1}"#, "{}");
    assert_merges("1", "2", "1", "2");
    assert_merges("1", "1", "2", "2");
    assert_merges("null", r#"{"a":1}"#, r#"{"b":1}"#, r#"{"a":1,"b":1}"#);
}

#[test]
fn objects_merge_at_every_depth() {
    assert_merges(
        r#"{"a":{"b":{"c":1,"d":1}}}"#,
        r#"{"a":{"b":{"c":2,"d":1}}}"#,
        r#"{"a":{"b":{"c":1,"d":2},"e":1}}"#,
        r#"{"a":{"b":{"c":2,"d":2},"e":1}}"#,
    );
    assert_merges("{}", r#"{"new":{"a":1}}"#, r#"{"new":{"b":1}}"#, r#"{"new":{"a":1,"b":1}}"#);
}

#[test]
fn ours_wins_if_both_changed_an_array_or_scalar() {
    assert_merges(r#"{"a":[1]}"#, r#"{"a":[1,2]}"#, r#"{"a":[1,3]}"#, r#"{"a":[1,3]}"#);
    assert_merges(r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":"x"}"#, r#"{"a":"x"}"#);
    assert_merges("{}", r#"{"a":{"x":1}}"#, r#"{"a":[]}"#, r#"{"a":[]}"#);
    assert_merges("1", "2", "3", "3");
}

#[test]
fn a_removal_wins_over_a_change_inside() {
    let base = r#"{"user":{"id":7,"seen":1},"views":1}"#;
    let (logout, request) = (r#"{"views":2}"#, r#"{"user":{"id":7,"seen":2},"views":1}"#);
    assert_merges(base, logout, request, r#"{"views":2}"#);
    assert_merges(base, request, logout, r#"{"views":2}"#);
    // So does any other type in place of the object.
    let logout = r#"{"user":null,"views":2}"#;
    assert_merges(base, logout, request, logout);
    assert_merges(base, request, logout, logout);
    assert_merges(r#"{"a":1}"#, "{}", r#"{"a":2}"#, "{}");
}

#[test]
fn unchanged_text_is_kept_to_the_byte() {
    assert_merges(
        r#"{ "n" : 1, "big" : 123456789012345678901234567890.10, "z" : {"y":1e400} }"#,
        r#"{ "n" : 2, "big" : 123456789012345678901234567890.10, "z" : {"y":1e400} }"#,
        r#"{"big":123456789012345678901234567890.10,"z":{"y":1e400},"n":1,"\u0000\ud800":"\u0000","f":-0.10E-3}"#,
        r#"{"n":2,"big":123456789012345678901234567890.10,"z":{"y":1e400},"\u0000\ud800":"\u0000","f":-0.10E-3}"#,
    );
}

#[test]
fn a_different_notation_is_the_same_value_except_for_numbers() {
    for (one, other) in [
        (r#"{"a":1,"b":[true]}"#, r#" {"b": [true ], "a": 1} "#),
        (r#""\u00e9\/\u0041\ud83d\ude00""#, r#""é/A😀""#),
        (r#""\ud800""#, r#""\uD800""#),
        (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
        (r#"{"\u0061":1}"#, r#"{"a":1}"#),
    ] {
        assert!(same(one, other) && same(other, one), "{one} {other}");
        assert_eq!(merge(one, r#"{"theirs":1}"#, other), r#"{"theirs":1}"#);
    }
    for (one, other) in [
        ("1", "10"),
        ("1", "-1"),
        ("0.1", "0.01"),
        ("1.0", "1"),
        ("0", "-0"),
        ("1e2", "100"),
        ("9007199254740993", "9007199254740992"),
        ("null", "false"),
        ("1", "\"1\""),
        ("[]", "{}"),
        ("[1,2]", "[2,1]"),
        (r#"{"a":null}"#, "{}"),
        (r#""\ud800""#, r#""\ud801""#),
        (r#""\ud800""#, r#""\\ud800""#),
        (r#""\ud800""#, "\"\u{fffd}\""),
        ("no JSON", "no  JSON"),
    ] {
        assert!(!same(one, other) && !same(other, one), "{one} {other}");
    }
}

#[test]
fn theirs_wins_if_ours_only_turned_integers_into_doubles() {
    assert_merges(r#"{"a":1,"b":[1,2]}"#, r#"{"a":3,"b":[1]}"#, r#"{"a":1.0,"b":[1.0,2.0]}"#, r#"{"a":3,"b":[1]}"#);
    assert_merges(r#"{"a":1}"#, r#"{"a":1,"b":1}"#, r#"{"a":1.0}"#, r#"{"a":1.0,"b":1}"#);
    // An integer in place of a double is a change.
    assert_merges(r#"{"a":1.0}"#, r#"{"a":2.0}"#, r#"{"a":1}"#, r#"{"a":1}"#);
}

/// `jsonb` rewrites numbers. That counts as a change by `theirs`.
#[test]
fn numbers_rewritten_by_jsonb_do_not_undo_our_changes() {
    let (base, theirs) = (r#"{"x":1e2,"y":1.0E1,"n":1}"#, r#"{"n": 1, "x": 100, "y": 10}"#);
    assert_merges(base, theirs, r#"{"x":1e2,"y":1.0E1,"n":2}"#, r#"{"n":2,"x":100,"y":10}"#);
    assert_merges(base, theirs, r#"{"x":5,"n":1}"#, r#"{"n":1,"x":5}"#);
}

#[test]
fn objects_with_many_members_merge_and_compare() {
    let object = |range: std::ops::Range<u32>| {
        let members: Vec<_> = range.map(|n| format!(r#""{n}":{n}"#)).collect();
        format!("{{{}}}", members.join(","))
    };
    assert_eq!(merge(&object(0..50), &object(0..60), &object(5..50)), object(5..60));
    let twice = object(0..50).replace(r#""49":49"#, r#""49":0,"49":49"#);
    assert!(same(&twice, &object(0..50)) && !same(&object(0..50), &object(0..49)));
}

/// Recursion at this depth would overflow the stack. Values deeper than the limit are replaced, not merged.
#[test]
fn deep_nesting_neither_overflows_nor_merges_below_the_limit() {
    let nested = |depth: usize, inner: &str| format!("{}{inner}{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    let deep = |inner: &str| nested(500_000, inner);
    assert!(same(&deep("1"), &deep("1")) && same(&deep("1"), &deep(" 1")) && !same(&deep("1"), &deep("2")));
    assert_eq!(merge(&deep("1"), &deep("2"), &deep("3")), deep("3"));
    let arrays = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(!same(&arrays(500_000), &arrays(499_999)));

    let [base, theirs, ours] = [r#"{"x":1,"y":1}"#, r#"{"x":2,"y":1}"#, r#"{"x":1,"y":2}"#];
    let both = |depth| merge(&nested(depth, base), &nested(depth, theirs), &nested(depth, ours));
    assert_eq!(both(126), nested(126, r#"{"x":2,"y":2}"#));
    assert_eq!(both(127), nested(127, ours));
}
