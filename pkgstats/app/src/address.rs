//! Addresses of pages, and the names in them.

use std::fmt::Write;

use pkgstats_core::name;

/// Returns the address of a package's page.
pub(crate) fn package_path(name: &str) -> String {
    format!("/package/{}", name.split('/').map(encoded).collect::<Vec<_>>().join("/"))
}

/// Encodes a text for a part of an address, or for a value in its query.
pub(crate) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'@' => {
                encoded.push(char::from(byte));
            }
            // Writing to a string does not fail.
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}

/// Splits what follows `/package/` into the name of a package and the rest. A scoped name has two parts.
pub(crate) fn split(path: &str) -> Option<(&str, &str)> {
    let parts = if path.starts_with('@') { 2 } else { 1 };
    let end = path.match_indices('/').nth(parts - 1).map_or(path.len(), |(at, _)| at);
    let (name, rest) = path.split_at(end);
    name::is_valid(name).then_some((name, rest.trim_start_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_addresses() {
        assert_eq!(split("express"), Some(("express", "")));
        assert_eq!(split("express/versions"), Some(("express", "versions")));
        assert_eq!(split("@types/node/v/1.0.0"), Some(("@types/node", "v/1.0.0")));
        assert_eq!(split("@types"), None);
        assert_eq!(split(""), None);
    }

    #[test]
    fn names_are_encoded() {
        assert_eq!(package_path("@types/node"), "/package/@types/node");
        assert_eq!(package_path("a b'()*!"), "/package/a%20b%27%28%29%2A%21");
    }
}
