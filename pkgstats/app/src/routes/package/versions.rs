//! `/package/{name}/versions`: all versions, the latest first.

use axum::response::{IntoResponse, Response};

use super::page::{ROWS, Request, sql};
use crate::error::Error;
use crate::page::render;
use crate::views::package::{Tab, VersionRow, Versions};

pub(super) async fn show(request: &Request<'_>) -> Result<Response, Error> {
    let found = match request.find().await? {
        Ok(found) => found,
        Err(none) => return Ok(none),
    };
    let readings = &request.app.readings;
    let versions = readings.versions(request.name, sql(ROWS), sql(request.offset())).await?;
    let total = readings.count_versions(request.name).await?;
    let page = Versions {
        frame: request.frame(),
        head: request.head(&found, Tab::Versions),
        rows: versions.into_iter().map(VersionRow::new).collect(),
        pages: request.pages(total, "versions"),
    };
    Ok(render(&page)?.into_response())
}
