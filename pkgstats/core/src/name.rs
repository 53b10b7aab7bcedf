//! Package names: which are valid, their scope, and the key that names of the same letters have in common.

/// The most bytes that a name can have.
pub const MAX_LENGTH: usize = 214;

/// Returns whether the registry could have a package of this name.
///
/// Names from before 2017 may contain upper-case letters and `!`, `*`, `(`, `)`, `'` and `~`.
#[must_use]
pub fn is_valid(name: &str) -> bool {
    if name.is_empty() || name.len() > MAX_LENGTH {
        return false;
    }
    match name.strip_prefix('@') {
        Some(scoped) => scoped.split_once('/').is_some_and(|(scope, base)| is_valid_part(scope) && is_valid_part(base)),
        None => is_valid_part(name) && !name.starts_with(['.', '_']),
    }
}

fn is_valid_part(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~!*()'".contains(&byte))
}

/// Returns the scope of a name, without `@`: `babel` of `@babel/core`.
#[must_use]
pub fn scope(name: &str) -> Option<&str> {
    name.strip_prefix('@')?.split_once('/').map(|(scope, _)| scope)
}

/// Returns the name without its scope: `core` of `@babel/core`.
#[must_use]
pub fn base(name: &str) -> &str {
    match scope(name) {
        Some(scope) => &name[scope.len() + 2..],
        None => name,
    }
}

/// Returns the letters and digits of a name, in lower case.
///
/// Names with the same key are easily mistaken for each other: `next.js`, `nextjs` and `NextJS`. A few names, such as
/// `-`, have an empty key.
#[must_use]
pub fn key(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Returns the package whose types an `@types` package declares: `@babel/core` for `@types/babel__core`.
#[must_use]
pub fn typed_package(name: &str) -> Option<String> {
    let base = name.strip_prefix("@types/")?;
    Some(match base.split_once("__") {
        Some((scope, base)) => format!("@{scope}/{base}"),
        None => base.to_owned(),
    })
}

/// Returns the `@types` package that would declare the types of a package.
#[must_use]
pub fn types_package(name: &str) -> String {
    match scope(name) {
        Some(scope) => format!("@types/{scope}__{}", base(name)),
        None => format!("@types/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legacy_names_are_valid() {
        for name in ["express", "@babel/core", "JSONStream", "(", "a!", "hello~", "it's", "*", "-", &"a".repeat(214)] {
            assert!(is_valid(name), "{name}");
        }
        for name in ["", "@", "@a", "@a/", "@/a", "a/b", "@a/b/c", ".a", "_a", "a b", "é", "a\0", &"a".repeat(215)] {
            assert!(!is_valid(name), "{name}");
        }
    }

    #[test]
    fn a_name_splits_into_its_scope_and_base() {
        assert_eq!((scope("@babel/core"), base("@babel/core")), (Some("babel"), "core"));
        assert_eq!((scope("express"), base("express")), (None, "express"));
        assert_eq!((scope("@babel"), base("@babel")), (None, "@babel"));
    }

    #[test]
    fn names_of_the_same_letters_have_one_key() {
        for name in ["next.js", "nextjs", "NextJS", "next-js"] {
            assert_eq!(key(name), "nextjs");
        }
        assert_eq!(key("@types/node"), "typesnode");
        assert_eq!(key("---"), "");
    }

    #[test]
    fn types_packages_map_both_ways() {
        for (types, package) in [("@types/node", "node"), ("@types/babel__core", "@babel/core")] {
            assert_eq!(typed_package(types).as_deref(), Some(package));
            assert_eq!(types_package(package), types);
        }
        assert_eq!(typed_package("node"), None);
    }
}
