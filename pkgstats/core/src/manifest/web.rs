//! Addresses that a browser may open.

use url::Url;

/// Returns the normalised address if it is `http` or `https`, without a user name or password.
pub(super) fn address(text: &str) -> Option<String> {
    let mut url = Url::parse(text.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return None;
    }
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some(url.into())
}
