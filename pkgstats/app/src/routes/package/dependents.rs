//! `/package/{name}/dependents`: the packages that depend on it, among those that were read.

use axum::response::{IntoResponse, Response};

use super::page::{ROWS, Request, sql};
use crate::error::Error;
use crate::page::render;
use crate::views::grouped;
use crate::views::package::{Dependents, Tab};

pub(super) async fn show(request: &Request<'_>) -> Result<Response, Error> {
    let found = match request.find().await? {
        Ok(found) => found,
        Err(none) => return Ok(none),
    };
    let readings = &request.app.readings;
    let total = readings.count_dependents(request.name).await?;
    let page = Dependents {
        frame: request.frame(),
        head: request.head(&found, Tab::Dependents),
        total: grouped(u64::try_from(total).unwrap_or_default()),
        rows: readings.dependents(request.name, sql(ROWS), sql(request.offset())).await?,
        pages: request.pages(total, "dependents"),
    };
    Ok(render(&page)?.into_response())
}
