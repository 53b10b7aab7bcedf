//! Escapes text for HTML, SVG and attributes in double quotes.

/// Appends `text` to `out`, with the special characters of HTML and XML escaped.
///
/// Control characters that XML does not allow are left out, because one of them makes a whole SVG unreadable.
pub(crate) fn escape_into(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(character),
            '\u{0}'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => {}
            _ => out.push(character),
        }
    }
}

/// Returns `text` escaped by [`escape_into`].
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape_into(&mut out, text);
    out
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn markup_and_control_characters_lose_their_meaning() {
        assert_eq!(escape("<a href=\"x\">&'\u{0}\u{b}\n"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;\n");
    }
}
