use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

fn merged(base: &Value, theirs: &Value, ours: &Value) -> Value {
    serde_json::from_str(&merge(&base.to_string(), &theirs.to_string(), &ours.to_string())).unwrap()
}

/// What is read out of `merge("…", "…", "…")`: base, theirs, ours and the outcome, to the byte.
#[track_caller]
fn assert_merges(base: &str, theirs: &str, ours: &str, outcome: &str) {
    assert_eq!(merge(base, theirs, ours), outcome);
}

#[test]
fn what_one_side_changed_stands() {
    assert_merges(r#"{"a":1,"b":1}"#, r#"{"a":2,"b":1}"#, r#"{"a":1,"b":2}"#, r#"{"a":2,"b":2}"#);
    assert_merges(r#"{"a":1}"#, r#"{"a":1,"b":1}"#, r#"{"a":1,"c":1}"#, r#"{"a":1,"b":1,"c":1}"#);
    assert_merges(r#"{"a":1,"b":1}"#, r#"{"b":1}"#, r#"{"a":1}"#, "{}");
    assert_merges("1", "2", "1", "2");
    assert_merges("1", "1", "2", "2");
    assert_merges("null", r#"{"a":1}"#, r#"{"b":1}"#, r#"{"a":1,"b":1}"#);
}

#[test]
fn objects_merge_all_the_way_down() {
    assert_merges(
        r#"{"a":{"b":{"c":1,"d":1}}}"#,
        r#"{"a":{"b":{"c":2,"d":1}}}"#,
        r#"{"a":{"b":{"c":1,"d":2},"e":1}}"#,
        r#"{"a":{"b":{"c":2,"d":2},"e":1}}"#,
    );
    assert_merges("{}", r#"{"new":{"a":1}}"#, r#"{"new":{"b":1}}"#, r#"{"new":{"a":1,"b":1}}"#);
}

#[test]
fn of_arrays_and_scalars_that_both_changed_the_later_stands() {
    assert_merges(r#"{"a":[1]}"#, r#"{"a":[1,2]}"#, r#"{"a":[1,3]}"#, r#"{"a":[1,3]}"#);
    assert_merges(r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":"x"}"#, r#"{"a":"x"}"#);
    assert_merges("{}", r#"{"a":{"x":1}}"#, r#"{"a":[]}"#, r#"{"a":[]}"#);
    assert_merges("1", "2", "3", "3");
}

#[test]
fn a_removal_beats_a_change_inside() {
    let base = r#"{"user":{"id":7,"seen":1},"views":1}"#;
    let (logout, request) = (r#"{"views":2}"#, r#"{"user":{"id":7,"seen":2},"views":1}"#);
    assert_merges(base, logout, request, r#"{"views":2}"#);
    assert_merges(base, request, logout, r#"{"views":2}"#);
    // So does null, or whatever else an object was replaced by.
    let logout = r#"{"user":null,"views":2}"#;
    assert_merges(base, logout, request, logout);
    assert_merges(base, request, logout, logout);
    assert_merges(r#"{"a":1}"#, "{}", r#"{"a":2}"#, "{}");
}

#[test]
fn what_is_taken_over_stays_to_the_byte() {
    assert_merges(
        r#"{ "n" : 1, "big" : 123456789012345678901234567890.10, "z" : {"y":1e400} }"#,
        r#"{ "n" : 2, "big" : 123456789012345678901234567890.10, "z" : {"y":1e400} }"#,
        r#"{"big":123456789012345678901234567890.10,"z":{"y":1e400},"n":1,"\u0000\ud800":"\u0000","f":-0.10E-3}"#,
        r#"{"n":2,"big":123456789012345678901234567890.10,"z":{"y":1e400},"\u0000\ud800":"\u0000","f":-0.10E-3}"#,
    );
}

#[test]
fn what_is_only_written_otherwise_is_no_change() {
    for (one, other) in [
        (r#"{"a":1,"b":[true]}"#, r#" {"b": [true ], "a": 1} "#),
        ("[1e2,1.50,-0,0.0e5,10]", "[100, 1.5, 0, 0, 1e1]"),
        (r#""\u00e9\/\u0041""#, r#""é/A""#),
        (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
        (r#"{"\u0061":1}"#, r#"{"a":1}"#),
    ] {
        assert!(same(one, other) && same(other, one), "{one} {other}");
        assert!(!is_change(one, other) || one.contains(r#""a":1,"a":2"#), "{one} {other}");
        assert_eq!(merge(one, r#"{"theirs":1}"#, other), r#"{"theirs":1}"#);
    }
    for (one, other) in [
        ("1", "10"),
        ("1", "-1"),
        ("0.1", "0.01"),
        ("9007199254740993", "9007199254740992"),
        ("1e99999999999999999999", "1e99999999999999999998"),
        ("null", "false"),
        ("1", "\"1\""),
        ("[]", "{}"),
        ("[1,2]", "[2,1]"),
        (r#"{"a":null}"#, "{}"),
        (r#""\ud800""#, r#""\ud801""#),
        (r#""\ud800""#, r#""\\ud800""#),
    ] {
        assert!(!same(one, other) && !same(other, one), "{one} {other}");
        assert!(is_change(one, other) && is_change(other, one), "{one} {other}");
    }
}

#[test]
fn however_many_members_there_are() {
    let object = |range: std::ops::Range<u32>| {
        let members: Vec<_> = range.map(|n| format!(r#""{n}":{n}"#)).collect();
        format!("{{{}}}", members.join(","))
    };
    assert_eq!(merge(&object(0..50), &object(0..60), &object(5..50)), object(5..60));
    let twice = object(0..50).replace(r#""49":49"#, r#""49":0,"49":49"#);
    assert!(same(&twice, &object(0..50)) && !same(&object(0..50), &object(0..49)));
}

/// Far deeper than any stack would bear: what is below the limit is one value.
#[test]
fn however_deep_it_is_nested() {
    let nested = |depth: usize, inner: &str| format!("{}{inner}{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    let deep = |inner: &str| nested(5_000, inner);
    assert!(same(&deep("1"), &deep("1")) && !same(&deep("1"), &deep("2")));
    assert_eq!(merge(&deep("1"), &deep("2"), &deep("3")), deep("3"));
    let arrays = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(!same(&arrays(5_000), &arrays(4_999)));

    let [base, theirs, ours] = [r#"{"x":1,"y":1}"#, r#"{"x":2,"y":1}"#, r#"{"x":1,"y":2}"#];
    let both = |depth| merge(&nested(depth, base), &nested(depth, theirs), &nested(depth, ours));
    assert_eq!(both(127), nested(127, r#"{"x":2,"y":2}"#));
    assert_eq!(both(128), nested(128, ours));
}

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Eighths, which serde_json reads as it has written them.
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        "[a-b\0\"\\\\é]{0,3}".prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![vec(inner.clone(), 0..4).prop_map(Value::from), object(inner).prop_map(Value::from)]
    })
}

/// Few keys, so that two objects often share some.
fn object(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    btree_map("[a-d\0]", inner, 0..4).prop_map(|members| members.into_iter().collect())
}

/// The keys prefixed, so that no two sides share one.
fn prefixed(side: &str, members: &Map<String, Value>) -> Map<String, Value> {
    members.iter().map(|(key, value)| (format!("{side}{key}"), value.clone())).collect()
}

/// The value in another of its forms, as the bytes of `style` have it.
fn written(value: &Value, style: &mut impl Iterator<Item = u8>) -> String {
    let form = style.next().unwrap_or(0) % 4;
    let gap = if form.is_multiple_of(2) { "" } else { " " };
    let separator = format!("{gap},{gap}");
    match value {
        Value::Number(number) if number.is_f64() => format!("{number}{}", ["", "0", "e0", "E+0"][usize::from(form)]),
        Value::Number(number) => format!("{number}{}", ["", ".0", "e0", "E+0"][usize::from(form)]),
        Value::String(text) if form == 3 => {
            let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            format!("\"{escaped}\"")
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| written(item, style)).collect();
            format!("[{gap}{}]", items.join(&separator))
        }
        Value::Object(members) => {
            let member = |(key, value): (&String, &Value)| format!("{}:{gap}{}", json!(key), written(value, style));
            let mut members: Vec<_> = members.iter().map(member).collect();
            if form > 1 {
                members.reverse();
            }
            format!("{{{}{gap}}}", members.join(&separator))
        }
        other => other.to_string(),
    }
}

proptest! {
    #[test]
    fn an_unchanged_side_adds_nothing(base in value(), changed in value()) {
        let spaced = serde_json::to_string_pretty(&base).unwrap();
        let (base, changed) = (base.to_string(), changed.to_string());
        prop_assert_eq!(merge(&base, &changed, &base), changed.as_str());
        let ours = merge(&base, &base, &changed);
        prop_assert!(same(&ours, &changed));
        // Nor does a side that is only written otherwise.
        prop_assert_eq!(merge(&base, &changed, &spaced), changed);
    }

    #[test]
    fn a_merge_with_itself_changes_nothing(base in value(), changed in value(), other in value()) {
        let [base, changed, other] = [base, changed, other].map(|value| value.to_string());
        prop_assert_eq!(merge(&base, &changed, &changed), changed.as_str());
        // As when a statement runs twice, and meets its own outcome.
        let once = merge(&base, &changed, &other);
        prop_assert_eq!(merge(&changed, &once, &once), once.as_str());
    }

    #[test]
    fn changes_to_different_keys_all_stand_in_either_order(
        kept in object(value()),
        (removed, added) in (object(value()), object(value())),
        (theirs_removed, theirs_added) in (object(value()), object(value())),
    ) {
        let both = |parts: &[(&str, &Map<String, Value>)]| {
            Value::from(parts.iter().flat_map(|(side, part)| prefixed(side, part)).collect::<Map<_, _>>())
        };
        let base = both(&[("kept", &kept), ("ours", &removed), ("theirs", &theirs_removed)]);
        let ours = both(&[("kept", &kept), ("ours+", &added), ("theirs", &theirs_removed)]);
        let theirs = both(&[("kept", &kept), ("ours", &removed), ("theirs+", &theirs_added)]);
        let outcome = both(&[("kept", &kept), ("ours+", &added), ("theirs+", &theirs_added)]);
        prop_assert_eq!(merged(&base, &theirs, &ours), outcome.clone());
        prop_assert_eq!(merged(&base, &ours, &theirs), outcome.clone());
        // And below another key.
        let below = |value: &Value| json!({ "in": { "deep": value } });
        prop_assert_eq!(merged(&below(&base), &below(&theirs), &below(&ours)), below(&outcome));
    }

    #[test]
    fn a_removal_beats_whatever_changed_inside(rest in object(value()), before in value(), after in value()) {
        let with = |user: &Value| {
            let mut members = prefixed("rest", &rest);
            members.insert("user".into(), user.clone());
            Value::from(members)
        };
        let removed = Value::from(prefixed("rest", &rest));
        prop_assert_eq!(merged(&with(&before), &removed, &with(&after)), removed.clone());
        prop_assert_eq!(merged(&with(&before), &with(&after), &removed), removed);
    }

    #[test]
    fn the_same_value_is_the_same_however_it_is_written(value in value(), other in value()) {
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        prop_assert!(same(&value.to_string(), &pretty));
        prop_assert!(!is_change(&value.to_string(), &pretty));
        prop_assert_eq!(same(&value.to_string(), &other.to_string()), value == other);
        prop_assert_eq!(is_change(&value.to_string(), &other.to_string()), value != other);
    }

    #[test]
    fn in_two_of_its_forms_a_value_is_no_change(value in value(), one: [u8; 32], other: [u8; 32]) {
        let [one, other] = [one, other].map(|style| written(&value, &mut style.into_iter()));
        prop_assert!(!is_change(&one, &other), "{} {}", one, other);
        prop_assert!(same(&one, &other));
    }
}
