//! The GitHub account that owns the repository of a package.

/// The account whose repository marks a security-holding package.
const HOLDING: (&str, &str) = ("npm", "security-holder");

/// Returns the GitHub account in the URL of a repository, as it is spelled there.
#[must_use]
pub fn github_owner(url: &str) -> Option<&str> {
    account_and_repository(url).map(|(account, _)| account)
}

/// Returns whether the repository is that of npm's security-holding packages, which have no content.
#[must_use]
pub fn is_holding(url: &str) -> bool {
    account_and_repository(url) == Some(HOLDING)
}

/// Returns the form in which accounts are compared: GitHub ignores case.
#[must_use]
pub fn fold(account: &str) -> String {
    account.to_ascii_lowercase()
}

fn account_and_repository(url: &str) -> Option<(&str, &str)> {
    let path = url.split_once("://")?.1;
    let path = path.strip_prefix("www.").unwrap_or(path).strip_prefix("github.com/")?;
    let mut parts = path.split(['/', '?', '#']);
    let account = parts.next().filter(|account| !account.is_empty())?;
    Some((account, parts.next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_the_first_part_of_the_path() {
        assert_eq!(github_owner("https://github.com/TMiguelT/koa-pg-session"), Some("TMiguelT"));
        assert_eq!(github_owner("https://www.github.com/a"), Some("a"));
        assert_eq!(github_owner("https://github.com/"), None);
        assert_eq!(github_owner("https://gitlab.com/a/b"), None);
        assert_eq!(fold("TMiguelT"), fold("tmiguelt"));
    }

    #[test]
    fn holding_packages_have_one_repository() {
        assert!(is_holding("https://github.com/npm/security-holder"));
        assert!(!is_holding("https://github.com/npm/cli"));
    }
}
