//! `license`: an SPDX expression, a text, an object, or the `licenses` array of old packages.

use serde_json::{Map, Value};
use spdx::{Expression, ParseMode};

/// A package's license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct License {
    /// The SPDX expression, such as `MIT OR Apache-2.0`, or the text as it was given.
    pub expression: String,
    /// Whether `expression` is valid SPDX.
    pub is_spdx: bool,
}

impl License {
    /// Reads a license text. A common misspelling, such as `Apache 2.0`, becomes SPDX.
    ///
    /// ```
    /// use pkgstats_core::manifest::License;
    ///
    /// let license = License::parse("(MIT OR Apache 2.0)").expect("a license");
    /// assert_eq!((license.expression.as_str(), license.is_spdx), ("MIT OR Apache-2.0", true));
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let plain = |is_spdx| Some(Self { expression: without_outer_parentheses(text).to_owned(), is_spdx });
        // The parser of expressions is for short texts; some packages put the whole license here.
        if text.len() > 200 || text.eq_ignore_ascii_case("UNLICENSED") {
            return plain(false);
        }
        if Expression::parse(text).is_ok() {
            return plain(true);
        }
        match Expression::canonicalize(text) {
            Ok(Some(expression)) if Expression::parse_mode(&expression, ParseMode::STRICT).is_ok() => {
                Some(Self { expression: without_outer_parentheses(&expression).to_owned(), is_spdx: true })
            }
            _ => plain(false),
        }
    }
}

pub(super) fn read(object: &Map<String, Value>) -> Option<License> {
    ["license", "licenses", "licence"].iter().find_map(|field| License::parse(&expression(object.get(*field)?)?))
}

fn expression(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(object) => {
            ["type", "name", "license", "url"].iter().find_map(|field| Some(object.get(*field)?.as_str()?.to_owned()))
        }
        Value::Array(list) => {
            let all: Vec<String> = list.iter().filter_map(expression).filter(|text| !text.trim().is_empty()).collect();
            (!all.is_empty()).then(|| all.join(" OR "))
        }
        _ => None,
    }
}

/// `(MIT OR ISC)` reads better as `MIT OR ISC`; `(A) OR (B)` has to keep its parentheses.
fn without_outer_parentheses(text: &str) -> &str {
    match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) if !inner.contains(['(', ')']) => inner.trim(),
        _ => text,
    }
}
