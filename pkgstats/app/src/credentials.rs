//! The rules for names and passwords of accounts.

/// The length of a name, as at GitHub.
const NAME: std::ops::RangeInclusive<usize> = 1..=39;

/// The length of a password. NIST SP 800-63B asks for 8 characters or more; the maximum bounds the work of a hash.
const PASSWORD: std::ops::RangeInclusive<usize> = 10..=200;

/// Returns a name as it is stored.
pub(crate) fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Returns what is wrong with a name or a password.
pub(crate) fn problem(name: &str, password: &str) -> Option<&'static str> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !NAME.contains(&name.len()) || !name.bytes().all(is_plain) {
        return Some("A name has 1 to 39 letters, digits and hyphens.");
    }
    (!PASSWORD.contains(&password.chars().count())).then_some("A password has 10 to 200 characters.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_passwords_have_limits() {
        assert_eq!(problem("ada-99", "long enough"), None);
        for name in ["", "a b", "ä", "a/b", &"a".repeat(40)] {
            assert!(problem(name, "long enough").is_some_and(|problem| problem.contains("name")), "{name}");
        }
        assert!(problem("ada", "short").is_some_and(|problem| problem.contains("password")));
    }
}
