//! The tokens of JSON text.

/// An iterator over the tokens, each with the offset of its first byte.
///
/// A string, a number, a literal such as `null`, a bracket, a comma and a colon are one token each. Text that is not JSON
/// has tokens too.
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Returns the text from an offset to the end of the last token.
    pub(super) fn text_from(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    /// Skips the rest of the array or object that the last token opened, without recursion.
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
        let start = self.at + bytes[self.at..].iter().position(|byte| !is_white_space(*byte))?;
        let rest = &bytes[start..];
        let length = match rest[0] {
            b'"' => string_length(rest),
            byte if is_punctuation(byte) => 1,
            _ => rest.iter().position(|byte| ends_literal(*byte)).unwrap_or(rest.len()),
        };
        self.at = start + length;
        Some((start, self.text_from(start)))
    }
}

fn is_white_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn is_punctuation(byte: u8) -> bool {
    matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':')
}

/// Returns whether a number or a literal ends before this byte.
fn ends_literal(byte: u8) -> bool {
    byte == b'"' || is_white_space(byte) || is_punctuation(byte)
}

/// Returns the length of the string at the start of the text, quotes included.
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

#[cfg(test)]
mod tests {
    use super::Tokens;

    fn tokens(text: &str) -> Vec<&str> {
        Tokens::new(text).map(|(_, token)| token).collect()
    }

    #[test]
    fn strings_numbers_and_literals_are_one_token_each() {
        assert_eq!(
            tokens(" {\"a\\\"\\\\\" :[-1.5e3,\ttrue]}\n"),
            ["{", r#""a\"\\""#, ":", "[", "-1.5e3", ",", "true", "]", "}"]
        );
        assert_eq!(tokens(r#""open\"#), [r#""open\"#]);
        assert_eq!(tokens("no JSON\u{a0}é\"\\é"), ["no", "JSON\u{a0}é", "\"\\é"]);
    }
}
