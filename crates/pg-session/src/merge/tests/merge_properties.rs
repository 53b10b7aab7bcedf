//! Properties of merges of random values.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::merge::change::change;
use crate::merge::json::same;
use crate::merge::reader::Reader;
use crate::merge::three_way::merge;

fn merged(base: &Value, theirs: &Value, ours: &Value) -> Value {
    serde_json::from_str(&merge(&base.to_string(), &theirs.to_string(), &ours.to_string())).unwrap()
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

/// Objects with few different keys: two of them often share some.
fn object(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    btree_map("[a-d\0]", inner, 0..4).prop_map(|members| members.into_iter().collect())
}

/// Prefixes the keys: no two sides share one.
fn prefixed(side: &str, members: &Map<String, Value>) -> Map<String, Value> {
    members.iter().map(|(key, value)| (format!("{side}{key}"), value.clone())).collect()
}

/// Writes the value in one of its notations, chosen by the bytes of `style`.
fn write(value: &Value, style: &mut impl Iterator<Item = u8>) -> String {
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
            let items: Vec<_> = items.iter().map(|item| write(item, style)).collect();
            format!("[{gap}{}]", items.join(&separator))
        }
        Value::Object(members) => {
            let member = |(key, value): (&String, &Value)| format!("{}:{gap}{}", json!(key), write(value, style));
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
        // Nor does a side in another notation.
        prop_assert_eq!(merge(&base, &changed, &spaced), changed);
    }

    #[test]
    fn merging_the_same_change_twice_changes_nothing(base in value(), changed in value(), other in value()) {
        let [base, changed, other] = [base, changed, other].map(|value| value.to_string());
        prop_assert_eq!(merge(&base, &changed, &changed), changed.as_str());
        // An update that is sent again finds its own result.
        let once = merge(&base, &changed, &other);
        prop_assert_eq!(merge(&changed, &once, &once), once.as_str());
    }

    #[test]
    fn changes_to_different_keys_are_all_kept_in_either_order(
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
        let expected = both(&[("kept", &kept), ("ours+", &added), ("theirs+", &theirs_added)]);
        prop_assert_eq!(merged(&base, &theirs, &ours), expected.clone());
        prop_assert_eq!(merged(&base, &ours, &theirs), expected.clone());
        // The same inside other objects.
        let below = |value: &Value| json!({ "in": { "deep": value } });
        prop_assert_eq!(merged(&below(&base), &below(&theirs), &below(&ours)), below(&expected));
    }

    #[test]
    fn a_removal_wins_over_any_change_inside(rest in object(value()), before in value(), after in value()) {
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
    fn white_space_makes_no_difference(value in value(), other in value()) {
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        prop_assert!(same(&value.to_string(), &pretty));
        prop_assert_eq!(change(Reader::Serde, &value.to_string(), &pretty), None);
        prop_assert_eq!(same(&value.to_string(), &other.to_string()), value == other);
        prop_assert_eq!(change(Reader::Serde, &value.to_string(), &other.to_string()).is_some(), value != other);
    }

    #[test]
    fn another_notation_of_the_same_value_is_no_change(value in value(), one: [u8; 32], other: [u8; 32]) {
        let [one, other] = [one, other].map(|style| write(&value, &mut style.into_iter()));
        prop_assert_eq!(change(Reader::Serde, &one, &other), None, "{} {}", one, other);
    }
}
