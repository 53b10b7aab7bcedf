//! Makes data readable that `serde_json` refuses.

use std::fmt;

use super::json::MAX_DEPTH;
use super::reader::float;
use super::strings::lone_surrogates;
use super::tokens::Tokens;

/// Something that `serde_json` cannot read, with the offset of its first byte.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unreadable {
    LoneSurrogate(usize),
    TooDeep(usize),
    NumberOutOfRange(usize),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LoneSurrogate(at) => write!(f, "a lone surrogate at byte {at}"),
            Self::TooDeep(at) => write!(f, "a value nested deeper than {MAX_DEPTH} levels at byte {at}"),
            Self::NumberOutOfRange(at) => write!(f, "a number beyond the range of doubles at byte {at}"),
        }
    }
}

/// Replaces each lone surrogate by U+FFFD, and each number out of range and each value nested too deeply by null.
///
/// Returns the new text and the first thing that was replaced, or `None` if there is nothing to replace.
pub(crate) fn repair(text: &str) -> Option<(String, Unreadable)> {
    let (mut repaired, mut copied) = (String::new(), 0);
    let mut first = None;
    let mut replace = |from: usize, to: usize, with: &str, what: Unreadable| {
        repaired.push_str(&text[copied..from]);
        repaired.push_str(with);
        copied = to;
        first.get_or_insert(what);
    };
    let (mut tokens, mut depth) = (Tokens::new(text), 0_usize);
    while let Some((start, token)) = tokens.next() {
        match token.as_bytes()[0] {
            b'"' => {
                for at in lone_surrogates(token).map(|at| start + at) {
                    replace(at, at + 6, "\\ufffd", Unreadable::LoneSurrogate(at));
                }
            }
            b'{' | b'[' if depth == MAX_DEPTH => {
                tokens.skip_container();
                replace(start, start + tokens.text_from(start).len(), "null", Unreadable::TooDeep(start));
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'-' | b'0'..=b'9' if float(token).is_none() => {
                replace(start, start + token.len(), "null", Unreadable::NumberOutOfRange(start));
            }
            _ => {}
        }
    }
    let first = first?;
    repaired.push_str(&text[copied..]);
    Some((repaired, first))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Unreadable, repair};

    #[track_caller]
    fn assert_repaired(text: &str, value: &Value, first: Unreadable) {
        assert!(serde_json::from_str::<Value>(text).is_err());
        let (repaired, found) = repair(text).unwrap();
        assert_eq!((serde_json::from_str::<Value>(&repaired).unwrap(), found), (value.clone(), first));
    }

    #[test]
    fn repair_replaces_what_serde_json_refuses() {
        assert_repaired(
            r#"{"é":1,"k\uDFFF":["\ud83d\ude00","\\ud800\ud800x\ud800\ud800"],"n":"\u0000"}"#,
            &json!({"é": 1, "k\u{fffd}": ["\u{1f600}", "\\ud800\u{fffd}x\u{fffd}\u{fffd}"], "n": "\0"}),
            Unreadable::LoneSurrogate(10),
        );
        let long = "9".repeat(400);
        assert_repaired(
            &format!("[1e308,-1E400,{long},0e400,1e-400,{long}e-400]"),
            &json!([1e308, null, null, 0.0, 0.0, 1.0]),
            Unreadable::NumberOutOfRange(7),
        );
        let nested = |depth: usize, inner: &str| format!("{}{inner}{}", "[".repeat(depth), "]".repeat(depth));
        let readable: Value = serde_json::from_str(&nested(127, "null,1")).unwrap();
        assert_repaired(&nested(127, r#"{"a":["]"]},1"#), &readable, Unreadable::TooDeep(127));
        assert!(serde_json::from_str::<Value>(&repair(&nested(500_000, "")).unwrap().0).is_ok());
    }

    #[test]
    fn readable_text_needs_no_repair() {
        for text in [r#"{"a":[1e308,"\ud83d\ude00",12345678901234567890123]}"#, &"[".repeat(127), "no JSON", ""] {
            assert_eq!(repair(text), None);
        }
    }
}
