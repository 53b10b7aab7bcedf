//! The characters of JSON strings.
//!
//! They are in WTF-8, which is UTF-8 that may have lone surrogates: JSON can escape what UTF-8 cannot encode.

use std::borrow::Cow;

/// U+FFFD in UTF-8. A lone surrogate in WTF-8 has as many bytes.
const REPLACEMENT: [u8; 3] = [0xef, 0xbf, 0xbd];

/// Returns the characters of a JSON string.
pub(super) fn unescape(string: &str) -> Cow<'_, [u8]> {
    let inner = string.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(string);
    if !inner.contains('\\') {
        return Cow::Borrowed(inner.as_bytes());
    }
    let mut characters = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((plain, escape)) = rest.split_once('\\') {
        characters.extend_from_slice(plain.as_bytes());
        let (length, code) = decode_escape(escape);
        push(&mut characters, code);
        rest = escape.get(length..).unwrap_or_default();
    }
    characters.extend_from_slice(rest.as_bytes());
    Cow::Owned(characters)
}

/// Returns the offsets of the lone surrogates in a JSON string. Each is an escape of six bytes.
pub(super) fn lone_surrogates(string: &str) -> impl Iterator<Item = usize> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let escape = at + string.get(at..)?.find('\\')?;
            let (length, code) = decode_escape(string.get(escape + 1..)?);
            at = escape + 1 + length;
            if is_surrogate(code) {
                return Some(escape);
            }
        }
    })
}

/// Replaces each lone surrogate by U+FFFD.
pub(super) fn replace_surrogates(characters: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    // In UTF-8, the byte after ED is always below A0.
    let is_surrogate = |bytes: &[u8]| bytes[0] == 0xed && bytes[1] >= 0xa0;
    if !characters.windows(2).any(is_surrogate) {
        return characters;
    }
    let mut characters = characters.into_owned();
    for at in 0..characters.len().saturating_sub(2) {
        if is_surrogate(&characters[at..]) {
            characters[at..at + 3].copy_from_slice(&REPLACEMENT);
        }
    }
    Cow::Owned(characters)
}

/// Decodes the escape that follows a backslash. Returns its length in bytes and its code point.
fn decode_escape(text: &str) -> (usize, u32) {
    let Some(first) = text.chars().next() else { return (0, '\\'.into()) };
    let unit = |at: usize| text.get(at..at + 4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    match first {
        'b' => (1, 8),
        'f' => (1, 12),
        'n' => (1, 10),
        'r' => (1, 13),
        't' => (1, 9),
        'u' => match (unit(1), text.get(5..7).and_then(|next| (next == "\\u").then(|| unit(7))?)) {
            (Some(high @ 0xd800..0xdc00), Some(low @ 0xdc00..0xe000)) => {
                (11, 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))
            }
            (Some(unit), _) => (5, unit),
            (None, _) => (1, 'u'.into()),
        },
        other => (other.len_utf8(), other.into()),
    }
}

fn is_surrogate(code: u32) -> bool {
    (0xd800..0xe000).contains(&code)
}

fn push(characters: &mut Vec<u8>, code: u32) {
    let six_bits = |bits: u32| 0x80 | (bits & 0x3f) as u8;
    match char::from_u32(code) {
        Some(char) => characters.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        None => characters.extend([0xed, six_bits(code >> 6), six_bits(code)]),
    }
}

#[cfg(test)]
mod tests {
    use super::{lone_surrogates, replace_surrogates, unescape};

    #[test]
    fn unescape_decodes_every_escape() {
        let string = r#""\"\\\/\b\f\n\r\t\u00e9\uD83D\ude00é""#;
        assert_eq!(*unescape(string), *"\"\\/\u{8}\u{c}\n\r\té\u{1f600}é".as_bytes());
        assert_eq!(lone_surrogates(string).next(), None);
    }

    #[test]
    fn lone_surrogates_are_distinct_until_they_are_replaced() {
        let string = r#""a\ud800\\ud801é\udc00\ud83d\ude00\ud83d""#;
        assert_eq!(lone_surrogates(string).collect::<Vec<_>>(), [2, 17, 35]);
        assert_ne!(unescape(r#""\ud800""#), unescape(r#""\ud801""#));
        assert_eq!(
            String::from_utf8(replace_surrogates(unescape(string)).into_owned()).unwrap(),
            "a\u{fffd}\\ud801é\u{fffd}\u{1f600}\u{fffd}"
        );
        assert_eq!(*replace_surrogates(unescape("\"\u{d7ff}\u{e000}\"")), *"\u{d7ff}\u{e000}".as_bytes());
    }

    #[test]
    fn invalid_escapes_do_not_panic() {
        for text in [r"\", r"\u", r"\u12", r"\ud800\u", r"\ud800\uzzzz", r"\é", "\\u\u{1f600}"] {
            let _ = (unescape(text), lone_surrogates(text).count());
        }
    }
}
