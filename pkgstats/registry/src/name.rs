//! Names of packages in addresses and paths.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::{Error, ErrorKind, Result};

/// What `encodeURIComponent` encodes.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// The longest name that npm accepts.
const MAX_LENGTH: usize = 214;

/// Checks that a name can be no more than a name: one segment of a path, or two after an `@`.
pub(crate) fn check(name: &str) -> Result<()> {
    let parts: Vec<&str> = match name.strip_prefix('@') {
        Some(scoped) => scoped.splitn(2, '/').collect(),
        None => vec![name],
    };
    let expected = if name.starts_with('@') { 2 } else { 1 };
    let is_part = |part: &&str| {
        !matches!(*part, "" | "." | "..") && !part.contains(|c: char| c.is_control() || matches!(c, '/' | '\\' | ':'))
    };
    if name.len() <= MAX_LENGTH && parts.len() == expected && parts.iter().all(is_part) {
        return Ok(());
    }
    let shown: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
    Err(Error::new(ErrorKind::Invalid, format!("invalid package name \"{shown}\": use NAME or @SCOPE/NAME")))
}

/// Returns the name as one segment of an address: `@types%2Fnode`.
pub(crate) fn encode(name: &str) -> String {
    match name.strip_prefix('@') {
        Some(scoped) => format!("@{}", utf8_percent_encode(scoped, COMPONENT)),
        None => utf8_percent_encode(name, COMPONENT).to_string(),
    }
}

/// Returns the name without its scope.
pub(crate) fn unscoped(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::{check, encode};

    #[test]
    fn names_are_encoded_as_npm_does() {
        for (name, encoded) in [
            ("koa", "koa"),
            ("@types/node", "@types%2Fnode"),
            ("JSONStream", "JSONStream"),
            ("a!*()'~b", "a!*()'~b"),
            ("a?b#c%d e", "a%3Fb%23c%25d%20e"),
            ("über", "%C3%BCber"),
        ] {
            assert_eq!(encode(name), encoded);
            assert!(check(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_leads_elsewhere_is_no_name() {
        for name in
            ["", ".", "..", "a/b", "../a", "@a", "@/a", "@a/", "@a/..", "@../a", "@a/b/c", "a\\b", "c:a", "a\nb", "a\0"]
        {
            let error = check(name).expect_err(name);
            assert!(error.to_string().contains("use NAME or @SCOPE/NAME"), "{error}");
        }
        assert!(check(&"a".repeat(214)).is_ok() && check(&"a".repeat(215)).is_err());
    }
}
