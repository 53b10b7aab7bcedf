//! `/package/{name}/v/{version}`: one version.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::page::Request;
use crate::error::Error;
use crate::page::render;
use crate::views::package::{Tab, VersionPage, VersionRow};

pub(super) async fn show(request: &Request<'_>, version: &str) -> Result<Response, Error> {
    let found = match request.find().await? {
        Ok(found) => found,
        Err(none) => return Ok(none),
    };
    let row = request.app.readings.version(request.name, version).await?.map(VersionRow::new);
    // Before the versions were read, nobody knows.
    let status = match found.read.stored.is_some() && row.is_none() {
        true => StatusCode::NOT_FOUND,
        false => StatusCode::OK,
    };
    let page = VersionPage {
        frame: request.frame(),
        head: request.head(&found, Tab::Versions),
        version: version.to_owned(),
        row,
    };
    Ok((status, render(&page)?).into_response())
}
