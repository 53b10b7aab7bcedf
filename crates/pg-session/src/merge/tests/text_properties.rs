//! Properties of random JSON texts, for both readers.

use std::borrow::Cow;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

use crate::merge::change::{change, rebase};
use crate::merge::json::{Kind, Node, same};
use crate::merge::plain::is_plain;
use crate::merge::reader::Reader;
use crate::merge::renewal::plan_renewal;
use crate::merge::repair::repair;
use crate::merge::strings::unescape;
use crate::merge::three_way::merge;
use crate::session::{Encoded, Session};

/// A double that JSON can represent: no infinity, no NaN.
fn double() -> impl Strategy<Value = f64> {
    any::<u64>().prop_map(f64::from_bits).prop_filter("no number", |double| double.is_finite())
}

const EDGES: &[&str] = &[
    "-0",
    "-0.0",
    "1e400",
    "-1E+999",
    "1e99999999999999999999",
    "9007199254740993",
    "18446744073709551616",
    "1.0",
    "1",
];

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?(0|[1-9][0-9]{0,39})",
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
        double().prop_map(|double| Value::from(double).to_string()),
        (double(), 1..40_usize).prop_map(|(double, digits)| format!("{double:.digits$}")),
        prop::sample::select(EDGES).prop_map(String::from),
    ]
}

fn string() -> impl Strategy<Value = String> {
    let escape = r#"[ -!#-\[\]-~éß€😀\x7f]{0,3}|\\["\\/bfnrt]|\\u00[0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\ud83d\\ude00"#;
    vec(escape, 0..4).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

/// JSON text with any white space and with duplicate keys, sometimes deeply nested.
fn text() -> impl Strategy<Value = String> {
    let literal = prop::sample::select(vec!["null", "true", "false", "\"\"", "{}", "[ ]"]).prop_map(String::from);
    let scalar = prop_oneof![3 => number(), 2 => string(), 1 => literal];
    let space = || prop::sample::select(vec!["", "", " ", "\n\t"]);
    let values = scalar.prop_recursive(4, 24, 4, move |inner| {
        let key = prop_oneof!["\"[a-c]\"", string()];
        let member =
            (key, space(), inner.clone()).prop_map(|(key, space, value)| format!("{key}{space}:{space}{value}"));
        prop_oneof![
            (vec(inner, 0..4), space()).prop_map(|(items, space)| format!("[{space}{}]", items.join(","))),
            (vec(member, 0..4), space())
                .prop_map(|(members, space)| format!("{{{}{space}}}", members.join(&format!("{space},")))),
        ]
    });
    let depth = prop_oneof![9 => Just(0), 1 => 100..140_usize];
    (values, depth).prop_map(|(value, depth)| match depth % 2 {
        0 => format!("{}{value}{}", "[".repeat(depth), "]".repeat(depth)),
        _ => format!("{}{value}{}", r#"{"d":"#.repeat(depth), "}".repeat(depth)),
    })
}

/// Returns what a request saves that reads the text, sets `key`, and writes it back.
fn save(reader: Reader, text: &str, key: &str, value: &str) -> String {
    if reader == Reader::Serde {
        let mut data: Value = Session::from_parts("a", text).decode().unwrap();
        data[key] = value.into();
        return Encoded::new(&data).unwrap().into_string();
    }
    let node = Node::parse(text);
    let mut members: Vec<_> = node
        .object()
        .unwrap()
        .members
        .iter()
        .map(|member| (String::from_utf8(member.name.to_vec()).unwrap(), javascript(&member.value)))
        .collect();
    members.retain(|(name, _)| name != key);
    members.push((key.into(), Value::from(value).to_string()));
    let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// Returns what `JSON.stringify(JSON.parse(…))` returns.
fn javascript(node: &Node<'_>) -> String {
    match &node.kind {
        Kind::Number => match node.text.parse::<f64>().unwrap() {
            0.0 => "0".into(),
            double if double.is_finite() => double.to_string(),
            _ => "null".into(),
        },
        Kind::String => stringify(&unescape(node.text)),
        Kind::Array(items) => format!("[{}]", items.iter().map(javascript).collect::<Vec<_>>().join(",")),
        Kind::Object(object) => {
            let members = object
                .members
                .iter()
                .map(|member| format!("{}:{}", stringify(&member.name), javascript(&member.value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        // Deep values count as already written by JavaScript.
        Kind::Deep | Kind::Literal => node.text.into(),
    }
}

/// Quotes and escapes WTF-8. A lone surrogate, three bytes from ED on, becomes an escape.
fn stringify(characters: &[u8]) -> String {
    let mut string = String::new();
    let mut rest = characters;
    while !rest.is_empty() {
        let valid = rest.utf8_chunks().next().unwrap().valid();
        let quoted = Value::from(valid).to_string();
        string += &quoted[1..quoted.len() - 1];
        rest = &rest[valid.len()..];
        if let [0xed, high, low, after @ ..] = rest {
            string += &format!("\\u{:04x}", 0xd000 | u32::from(high & 0x3f) << 6 | u32::from(low & 0x3f));
            rest = after;
        }
    }
    format!("\"{string}\"")
}

fn member<'a>(node: &'a Node<'_>, name: &str) -> &'a str {
    node.object().unwrap().get(name.as_bytes()).unwrap().text
}

const READERS: [Reader; 2] = [Reader::Serde, Reader::JavaScript];

proptest! {
    #[test]
    fn unchanged_members_keep_their_text(a in text(), b in text(), c in text()) {
        let base = format!(r#"{{"a":{a},"b":{b},"c" :{c} }}"#);
        for reader in READERS {
            for key in ["b", "new"] {
                let stored = change(reader, &base, &save(reader, &base, key, "ours")).unwrap().into_owned();
                let stored = Node::parse(&stored);
                prop_assert_eq!(member(&stored, key), "\"ours\"");
                for (name, text) in [("a", &a), ("c", &c)] {
                    let kept = member(&stored, name);
                    // Plain data is stored as given. Only the order of keys and the white space may differ.
                    prop_assert!(kept == text || is_plain(&base) && same(kept, text), "{:?} {} {}", reader, text, kept);
                }
            }
        }
    }

    #[test]
    fn a_save_without_changes_is_no_change(a in text()) {
        let base = format!(r#"{{"a":{a},"b":"ours"}}"#);
        for reader in READERS {
            let stored = change(reader, &base, &save(reader, &base, "b", "ours")).map(Cow::into_owned);
            // A duplicate key may be stored once.
            let is_same = stored.as_ref().is_none_or(|stored| is_plain(&base) && same(stored, &base));
            prop_assert!(is_same, "{:?} {:?}", reader, stored);
        }
    }

    #[test]
    fn concurrent_changes_by_others_are_kept(a in text(), b in text(), c in text(), theirs in text()) {
        let base = format!(r#"{{"a":{a},"b":{b},"c":{c}}}"#);
        let now = format!(r#"{{"a":{a},"b":{b},"c":{theirs}}}"#);
        for reader in READERS {
            let merged = rebase(reader, &base, &now, &save(reader, &base, "b", "ours")).unwrap();
            let merged = Node::parse(&merged);
            let kept = ["a", "b", "c"].map(|name| member(&merged, name));
            prop_assert_eq!(kept, [&*a, "\"ours\"", &theirs], "{:?}", reader);
        }
    }

    #[test]
    fn a_change_that_serde_can_read_is_stored(base in text(), ours in text()) {
        let read = |text: &str| Session::from_parts("a", text).decode::<Value>().unwrap();
        let (base, value) = (format!("[{base}]"), read(&format!("[{ours}]")));
        let stored = change(Reader::Serde, &base, &value.to_string()).map_or(base.clone(), Cow::into_owned);
        prop_assert_eq!(read(&stored).to_string(), value.to_string());
    }

    #[test]
    fn encoded_data_decodes_to_the_same_value(doubles in vec(double(), 1..20), numbers in vec(any::<(u64, i64)>(), 0..4), text: String) {
        let data = serde_json::json!({"doubles": doubles, "numbers": numbers, &text: [text]});
        let read: Value = Session::from_parts("a", Encoded::new(&data).unwrap().into_string()).decode().unwrap();
        // Only the texts of 0.0 and -0.0 differ.
        prop_assert_eq!(read.to_string(), data.to_string());
        prop_assert_eq!(read, data);
    }

    #[test]
    fn any_json_can_be_decoded(text in text()) {
        Session::from_parts("a", text).decode::<Value>().unwrap();
    }

    #[test]
    fn any_text_is_accepted(texts in vec(prop_oneof![r#"[\[\]{}",:\\ud8DcE0-9.+e -]{0,40}"#, text(), any::<String>()], 3)) {
        let [base, theirs, ours] = &texts[..] else { unreachable!() };
        prop_assert_eq!(merge(base, theirs, ours), merge(base, theirs, ours));
        for reader in READERS {
            let _ = (change(reader, base, ours), reader.reads_same(base, ours));
            let _ = rebase(reader, base, theirs, ours);
            let _ = (plan_renewal(reader, base, Some(theirs), ours, &["u"]), plan_renewal(reader, base, None, ours, &[]));
        }
        for text in &texts {
            let _ = (repair(text), is_plain(text));
            prop_assert!(same(text, text));
            prop_assert_eq!(change(Reader::Serde, text, text), None);
        }
    }
}
