//! Short addresses: `/pkg:{name}` and `/@{user}`, as people type them.

use axum::http::Uri;
use axum::response::Redirect;

use crate::error::Error;

pub(crate) async fn redirect(uri: Uri) -> Result<Redirect, Error> {
    let path = uri.path().trim_start_matches('/');
    let package = path.strip_prefix("pkg:").or_else(|| path.strip_prefix("pkg%3A"));
    match (package, path.strip_prefix('@')) {
        (Some(name), _) if !name.is_empty() => Ok(Redirect::permanent(&format!("/package/{name}"))),
        (None, Some(user)) if !user.is_empty() && !user.contains('/') => {
            Ok(Redirect::permanent(&format!("/owner/{user}")))
        }
        _ => Err(Error::NoSuchPage),
    }
}
