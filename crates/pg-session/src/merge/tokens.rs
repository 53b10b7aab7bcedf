//! The tokens of JSON text.

use std::borrow::Cow;

/// U+FFFD in UTF-8: as long as a lone surrogate in WTF-8.
const REPLACEMENT: [u8; 3] = [0xef, 0xbf, 0xbd];

/// Each token with the offset of its first byte. Strings, numbers and words are one token each, and so is each bracket,
/// comma and colon. Accepts any text: text that is not JSON has tokens too.
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Returns the text from an offset to the end of the last token.
    pub(super) fn text_from(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    /// Skips the rest of the array or object that the last token has opened, whatever its depth.
    pub(super) fn skip_container(&mut self) {
        let mut depth = 1;
        while depth > 0
            && let Some((_, token)) = self.next()
        {
            match token.as_bytes()[0] {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.text.as_bytes();
        let start = self.at + bytes[self.at..].iter().position(|byte| !is_space(*byte))?;
        let rest = &bytes[start..];
        let length = match rest[0] {
            b'"' => string_length(rest),
            byte if is_punctuation(byte) => 1,
            _ => rest.iter().position(|byte| ends_word(*byte)).unwrap_or(rest.len()),
        };
        self.at = start + length;
        Some((start, self.text_from(start)))
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn is_punctuation(byte: u8) -> bool {
    matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':')
}

fn ends_word(byte: u8) -> bool {
    byte == b'"' || is_space(byte) || is_punctuation(byte)
}

/// Returns the length of the string that the text begins with, quotes included.
fn string_length(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

/// Returns the characters of a JSON string in WTF-8, which is UTF-8 that may have lone surrogates.
pub(super) fn unescape(string: &str) -> Cow<'_, [u8]> {
    let inner = string.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(string);
    if !inner.contains('\\') {
        return Cow::Borrowed(inner.as_bytes());
    }
    let mut characters = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((plain, escape)) = rest.split_once('\\') {
        characters.extend_from_slice(plain.as_bytes());
        let (length, code) = escaped(escape);
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
            let (length, code) = escaped(string.get(escape + 1..)?);
            at = escape + 1 + length;
            if is_surrogate(code) {
                return Some(escape);
            }
        }
    })
}

/// Replaces the lone surrogates in WTF-8 by U+FFFD. Borrowed data has none.
pub(super) fn replace_surrogates(characters: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    // UTF-8 has no second byte from A0 on after ED.
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

/// Returns how many bytes behind a backslash belong to the escape, and the code point.
fn escaped(text: &str) -> (usize, u32) {
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
    use super::{Tokens, lone_surrogates, replace_surrogates, unescape};

    fn tokens(text: &str) -> Vec<&str> {
        Tokens::of(text).map(|(_, token)| token).collect()
    }

    #[test]
    fn strings_numbers_and_words_are_one_token_each() {
        assert_eq!(
            tokens(" {\"a\\\"\\\\\" :[-1.5e3,\ttrue]}\n"),
            ["{", r#""a\"\\""#, ":", "[", "-1.5e3", ",", "true", "]", "}"]
        );
        assert_eq!(tokens(r#""open\"#), [r#""open\"#]);
        assert_eq!(tokens("no JSON\u{a0}é\"\\é"), ["no", "JSON\u{a0}é", "\"\\é"]);
    }

    #[test]
    fn strings_are_read_with_their_escapes() {
        let string = r#""\"\\\/\b\f\n\r\t\u00e9\uD83D\ude00é""#;
        assert_eq!(*unescape(string), *"\"\\/\u{8}\u{c}\n\r\té\u{1f600}é".as_bytes());
        assert_eq!(lone_surrogates(string).next(), None);
    }

    #[test]
    fn lone_surrogates_are_told_apart_until_they_are_replaced() {
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
    fn escapes_that_are_none_do_no_harm() {
        for text in [r"\", r"\u", r"\u12", r"\ud800\u", r"\ud800\uzzzz", r"\é", "\\u\u{1f600}"] {
            let _ = (unescape(text), lone_surrogates(text).count());
        }
    }
}
