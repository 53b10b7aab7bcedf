//! SQL text: templates, identifiers and literals.

/// The text of a file in `sql/`.
macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../sql/", $name, ".sql"))
    };
}
pub(super) use sql;

/// Removes comment lines and replaces each `{placeholder}` by `value(placeholder)`.
///
/// A single pass, because a value may be a name that has braces in it.
pub(super) fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let lines: Vec<_> = template.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
    let template = lines.join("\n");
    let (mut filled, mut rest) = (String::new(), template.as_str());
    while let Some((before, after)) = rest.split_once('{') {
        filled += before;
        match after.split_once('}').and_then(|(placeholder, after)| Some((value(placeholder)?, after))) {
            Some((value, after)) => {
                filled += &value;
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled + rest
}

/// Quotes a name as an SQL identifier.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Quotes a text as an SQL literal that does not depend on `standard_conforming_strings`.
pub(super) fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}
