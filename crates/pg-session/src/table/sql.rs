//! SQL text: templates, identifiers, literals. No I/O.

/// Puts `value(word)` for every `{word}` in one pass, so that a name with braces in it stays a name.
pub(super) fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut lines = template.lines().skip_while(|line| line.starts_with("--"));
    let mut rest = lines.by_ref().collect::<Vec<_>>().join("\n");
    let mut filled = String::new();
    while let Some((before, after)) = rest.split_once('{') {
        filled += before;
        let known = after.split_once('}').and_then(|(word, after)| Some((value(word)?, after)));
        let (value, after) = known.unwrap_or_else(|| ("{".to_owned(), after));
        filled += &value;
        rest = after.to_owned();
    }
    filled + &rest
}

/// A name as an SQL identifier.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as an SQL literal, whatever `standard_conforming_strings` says.
pub(super) fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}
