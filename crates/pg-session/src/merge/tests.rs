use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

/// Whether two JSON texts are the same value, strictly.
pub(super) fn same(one: &str, other: &str) -> bool {
    Node::of(one) == Node::of(other)
}

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
fn what_is_only_written_otherwise_is_the_same() {
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

/// What a reader of base and ours takes for a change, with the text that is to be stored.
#[track_caller]
fn assert_change(reader: Reader, base: &str, ours: &str, stored: Option<&str>) {
    assert_eq!(change(reader, base, ours.into()).as_deref(), stored, "{reader:?} {base} {ours}");
    // And within others.
    let [base_in, ours_in] = [base, ours].map(|value| format!(r#"{{"-":1.50,"a":[[{value}],7]}}"#));
    let changed = stored.map(|stored| format!(r#"{{"-":1.50,"a":[[{stored}],7]}}"#));
    assert_eq!(change(reader, &base_in, &ours_in).map(Cow::into_owned), changed, "{reader:?} {base} {ours}");
}

#[test]
fn serde_tells_numbers_apart_by_their_types() {
    let max = format!("17976931348623157{}", "0".repeat(292));
    for (base, ours) in [
        ("1.50", "1.5"),
        ("-0", "-0.0"),
        ("-0.0", "-0"),
        ("1e2", "100.0"),
        ("123456789012345678901234567890", "1.2345678901234568e29"),
        ("18446744073709551616", "1.8446744073709552e19"),
        ("-9223372036854775809", "-9.223372036854776e18"),
        ("10000000000000000000000", "1e22"),
        ("9007199254740993", "9007199254740992.0"),
        ("18446744073709551615", "1.8446744073709552e19"),
        ("0.1000000000000000055511151231257827", "0.1"),
        ("1e-400", "0.0"),
        (&max, "1.7976931348623157e308"),
        ("1e400", "null"),
        (&"9".repeat(400), "null"),
        ("-1E+400", "null"),
    ] {
        assert_change(Reader::Serde, base, ours, None);
    }
    for (base, ours) in [
        ("1.0", "1"),
        ("1", "1.0"),
        ("1", "1e0"),
        ("-0", "0"),
        ("0", "-0.0"),
        ("0.0", "-0.0"),
        ("9007199254740993", "9007199254740992"),
        ("9007199254740992", "9007199254740992.0"),
        ("123456789012345678901234567890", "123456789012345678901234567891"),
        ("1.2345678901234568e29", "123456789012345678901234567890"),
        ("-120.65487365123505", "-120.65487365123507"),
        ("1e400", "1e500"),
        ("1e400", "0"),
        ("null", "1e400"),
        ("false", "null"),
    ] {
        assert_change(Reader::Serde, base, ours, Some(ours));
    }
}

#[test]
fn javascript_tells_numbers_apart_as_doubles() {
    for (base, ours) in [
        ("9007199254740993", "9007199254740992"),
        ("1.0", "1"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("1e21", "1e+21"),
        ("123456789012345678901234567890", "1.2345678901234568e+29"),
        ("1e400", "null"),
        ("-1e400", "null"),
    ] {
        assert_change(Reader::JavaScript, base, ours, None);
    }
    for (base, ours) in [("9007199254740993", "9007199254740994"), ("1.0", "2"), ("1e400", "1"), ("1e400", "1e500")] {
        assert_change(Reader::JavaScript, base, ours, Some(ours));
    }
}

#[test]
fn lone_surrogates_are_told_apart_in_javascript_alone() {
    for (base, ours) in [(r#""\uD800é""#, r#""\ud800é""#), (r#"{"\uDFFF":1}"#, r#"{"\udfff":1}"#)] {
        assert_change(Reader::Serde, base, ours, None);
        assert_change(Reader::JavaScript, base, ours, None);
    }
    for (base, ours) in [(r#""\ud800é""#, "\"\u{fffd}é\""), (r#"{"\udfff":1}"#, "{\"\u{fffd}\":1}")] {
        assert_change(Reader::Serde, base, ours, None);
        assert_change(Reader::JavaScript, base, ours, Some(ours));
    }
    assert_change(Reader::Serde, r#""\ud800""#, r#""\ud801""#, Some(r#""\ud801""#));
    assert_change(Reader::Serde, "\"\u{fffd}\"", r#""\ud801""#, Some(r#""\ud801""#));
}

/// Of names that are one to the reader it has seen the last.
#[test]
fn a_name_that_was_never_read_is_not_lost() {
    let base = "{\"\u{fffd}\":1,\"\\ud800\":2,\"\\ud801\":3,\"n\":1}";
    assert_change(Reader::Serde, base, "{\"\u{fffd}\":3,\"n\":1}", None);
    assert_change(
        Reader::Serde,
        base,
        "{\"n\":2,\"\u{fffd}\":4}",
        Some("{\"\u{fffd}\":1,\"\\ud800\":2,\"\\ud801\":4,\"n\":2}"),
    );
    assert_change(Reader::Serde, base, r#"{"n":1}"#, Some(r#"{"n":1}"#));
}

#[test]
fn an_item_keeps_its_text_wherever_it_moves() {
    let (one, two) = ("9007199254740993", "9007199254740995");
    let [read_one, read_two] = ["9007199254740992", "9007199254740996"];
    for (base, ours, stored) in [
        (format!("[{one}]"), format!("[{read_one},1]"), format!("[{one},1]")),
        (format!("[1,{one},2,{two},3]"), format!("[{read_one},{read_two}]"), format!("[{one},{two}]")),
        (format!("[{one},{two}]"), format!("[{read_two},{read_one}]"), format!("[{two},{one}]")),
        (
            format!(r#"[{{"id":{one},"n":1}},{{"id":{two},"n":1}}]"#),
            format!(r#"[{{"id":{read_one},"n":1}},{{"id":{read_two},"n":2}}]"#),
            format!(r#"[{{"id":{one},"n":1}},{{"id":{two},"n":2}}]"#),
        ),
        (
            format!(r#"[{{"id":{one}}},0,{{"id":{two}}}]"#),
            format!(r#"[{{"id":{read_two}}}]"#),
            format!(r#"[{{"id":{two}}}]"#),
        ),
    ] {
        assert_change(Reader::JavaScript, &base, &ours, Some(&stored));
    }
}

#[test]
fn what_ours_has_only_made_doubles_of_gives_way() {
    assert_merges(r#"{"a":1,"b":[1,2]}"#, r#"{"a":3,"b":[1]}"#, r#"{"a":1.0,"b":[1.0,2.0]}"#, r#"{"a":3,"b":[1]}"#);
    assert_merges(r#"{"a":1}"#, r#"{"a":1,"b":1}"#, r#"{"a":1.0}"#, r#"{"a":1.0,"b":1}"#);
    // But an integer in place of a double was meant.
    assert_merges(r#"{"a":1.0}"#, r#"{"a":2.0}"#, r#"{"a":1}"#, r#"{"a":1}"#);
}

/// `jsonb` writes numbers in its own way, which is a change of theirs, and takes nothing from ours.
#[test]
fn what_jsonb_writes_anew_undoes_nothing_of_ours() {
    let (base, theirs) = (r#"{"x":1e2,"y":1.0E1,"n":1}"#, r#"{"n": 1, "x": 100, "y": 10}"#);
    assert_merges(base, theirs, r#"{"x":1e2,"y":1.0E1,"n":2}"#, r#"{"n":2,"x":100,"y":10}"#);
    assert_merges(base, theirs, r#"{"x":5,"n":1}"#, r#"{"n":1,"x":5}"#);
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

#[test]
fn what_is_nested_too_deeply_to_be_read_is_no_change() {
    let nested = |inner: &str| format!("{}{inner}{}", r#"{"a":"#.repeat(127), "}".repeat(127));
    let deep = |number: &str| nested(&format!("{}[ {number} ]{}", "[".repeat(20), "]".repeat(20)));
    let stored = |reader, base: &str, ours: String| change(reader, base, &ours).map(Cow::into_owned);
    assert_eq!(stored(Reader::Serde, &deep("1.0"), nested("null")), None);
    assert_eq!(stored(Reader::Serde, &deep("1.0"), deep("1")), Some(deep("1")));
    // JavaScript reads at any depth.
    assert_eq!(stored(Reader::JavaScript, &deep("1.0"), nested("null")), Some(nested("null")));
    assert_eq!(stored(Reader::JavaScript, &deep("9007199254740993"), deep("9007199254740992").replace(' ', "")), None);
    assert_eq!(stored(Reader::JavaScript, &deep("1.0"), deep("2")), Some(deep("2")));
}

/// A step for each pair of a level and a value below would take minutes.
#[test]
fn however_deep_and_wide_at_once() {
    let items = |first: &str| format!("[{first}{}]", r#",{"a":1.5,"b":"é"}"#.repeat(20_000));
    for (open, close) in [(r#"{"x":1,"a":"#, "}"), ("[1,", "]"), (r#"[{"a":"#, "}]")] {
        let depth = 120 / open.matches(['{', '[']).count();
        let nested =
            |first: &str, extra: &str| format!("{}{}{extra}{}", open.repeat(depth), items(first), close.repeat(depth));
        let (base, theirs, ours) =
            (nested("1.50", ""), nested("1.50", " "), nested("1.5", " ").replace("é", "\\u00e9"));
        assert_eq!(change(Reader::Serde, &base, &ours), None);
        let changed = ours.replace("[1.5,", "[2.5,");
        let stored = change(Reader::Serde, &base, &changed).unwrap();
        assert_eq!(stored, base.replace("1.50", "2.5"));
        assert_eq!(merge(&base, &theirs, &stored).len(), stored.len());
    }
}

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        proptest::num::f64::NORMAL.prop_map(Value::from),
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
        Value::Number(number) if number.is_f64() => {
            let more = if number.to_string().contains('e') { ["", "", "", ""] } else { ["", "0", "e0", "E+0"] };
            format!("{number}{}", more[usize::from(form)])
        }
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
        prop_assert_eq!(change(Reader::Serde, &value.to_string(), &pretty), None);
        prop_assert_eq!(same(&value.to_string(), &other.to_string()), value == other);
        prop_assert_eq!(change(Reader::Serde, &value.to_string(), &other.to_string()).is_some(), value != other);
    }

    #[test]
    fn in_two_of_its_forms_a_value_is_no_change(value in value(), one: [u8; 32], other: [u8; 32]) {
        let [one, other] = [one, other].map(|style| written(&value, &mut style.into_iter()));
        prop_assert_eq!(change(Reader::Serde, &one, &other), None, "{} {}", one, other);
    }
}
