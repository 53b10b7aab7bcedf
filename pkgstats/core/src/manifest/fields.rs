//! Fields of a manifest whose type may be wrong.

use serde_json::{Map, Value};

/// Returns a field's text, trimmed, unless it is empty or no string.
pub(super) fn text(object: &Map<String, Value>, field: &str) -> Option<String> {
    object.get(field).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Returns the entries of an object whose values are strings.
pub(super) fn pairs(value: Option<&Value>) -> Vec<(String, String)> {
    let Some(Value::Object(object)) = value else { return Vec::new() };
    object
        .iter()
        .filter(|(name, _)| !name.is_empty())
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.trim().to_owned())))
        .collect()
}
