//! Data that survives a round trip through any reader, recognised without a tree.

use super::json::MAX_DEPTH;

/// A double holds every integer of this many digits.
const EXACT_DIGITS: usize = 15;

/// Returns whether every reader writes the strings and numbers of this JSON text back as they are.
///
/// In such a text, no number has a fraction, an exponent or more than 15 digits, or is -0. No character is escaped
/// unnecessarily, and nothing is nested too deeply for `serde_json`.
pub(super) fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut digits) = (0, 0_usize, 0);
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'0'..=b'9' if digits < EXACT_DIGITS => {
                digits += 1;
                continue;
            }
            b'0'..=b'9' | b'.' => return false,
            b'e' | b'E' if digits > 0 => return false,
            b'-' if bytes.get(at) == Some(&b'0') => return false,
            b'{' | b'[' if depth == MAX_DEPTH => return false,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let Some(length) = plain_string_length(&bytes[at..]) else { return false };
                at += length;
            }
            _ => {}
        }
        digits = 0;
    }
    true
}

/// Returns the length of a string after its first quote, or `None` if it has escapes that readers do not write.
fn plain_string_length(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += 1 + text[at..].iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        if text[at - 1] == b'"' {
            return Some(at);
        }
        if !matches!(text.get(at)?, b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't') {
            return None;
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn ordinary_data_is_plain() {
        for text in [
            r#"{"cookie":{"expires":"2026-11-27T01:02:03.456Z","maxAge":86400000},"at":1795741323456,"n":-7}"#,
            r#" { "null" : [ null , true , false , "" , "1e400 -0 12345678901234567890" ] } "#,
            r#""\"\\\b\f\n\r\té\\ud800""#,
            "123456789012345",
            "",
        ] {
            assert!(is_plain(text), "{text}");
        }
        assert!(is_plain(&"[".repeat(127)));
    }

    #[test]
    fn text_that_a_reader_may_rewrite_is_not_plain() {
        for text in ["1234567890123456", "1.0", "[1E2]", "1e2", "-0", "[-0.5]", r#""\u00e9""#, r#""\/""#, r#""\ud800""#]
        {
            assert!(!is_plain(text), "{text}");
            assert!(!is_plain(&format!(r#"{{"a":"\\","b":{text}}}"#)), "{text}");
        }
        assert!(!is_plain(&"[".repeat(128)) && !is_plain(r#"{"a":"open"#) && !is_plain(r#""\"#));
    }
}
