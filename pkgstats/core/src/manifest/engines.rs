//! `engines`: an object today; a string or an array of `node >= 0.6` in old packages.

use serde_json::Value;

use super::fields::pairs;

pub(super) fn read(value: Option<&Value>) -> Vec<(String, String)> {
    match value {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).filter_map(split).collect(),
        Some(Value::String(text)) => split(text).into_iter().collect(),
        _ => pairs(value),
    }
}

/// Splits `node >= 0.6` after the engine's name.
fn split(text: &str) -> Option<(String, String)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, range) = text.split_at(end);
    let range = range.trim();
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    Some((name.to_owned(), if range.is_empty() { "*" } else { range }.to_owned()))
}
