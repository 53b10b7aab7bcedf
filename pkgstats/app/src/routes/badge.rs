//! `/badge/{name}.svg`: the downloads of a package, for readmes.

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use pkgstats_core::badge::Badge;

use crate::app::App;
use crate::error::Error;

pub(crate) async fn show(State(app): State<App>, Path(path): Path<String>) -> Result<Response, Error> {
    let name = path.strip_suffix(".svg").ok_or(Error::NoSuchPage)?;
    let badge = match app.catalog.package(name).await? {
        Some(package) => Badge::downloads(package.figure.map(|figure| figure.downloads)),
        None => Badge::not_found(),
    };
    let headers = [(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "public, max-age=3600")];
    Ok((headers, badge.to_svg()).into_response())
}
