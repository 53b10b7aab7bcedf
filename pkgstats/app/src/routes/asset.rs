//! `/assets/…`: the style sheet, the script and the icon, which browsers keep for ever.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::assets;
use crate::error::Error;

pub(crate) async fn show(Path((_version, name)): Path<(String, String)>) -> Result<Response, Error> {
    let asset = assets::find(&name).ok_or(Error::NoSuchPage)?;
    let headers = [(CONTENT_TYPE, asset.content_type), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, asset.content).into_response())
}
