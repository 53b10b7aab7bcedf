//! `/package/{name}/files`: what the tarball of the latest version contains.

use axum::response::{IntoResponse, Response};

use super::page::{ROWS, Request, sql};
use crate::error::Error;
use crate::page::render;
use crate::views::bytes;
use crate::views::package::{Files, Tab};

pub(super) async fn show(request: &Request<'_>) -> Result<Response, Error> {
    let found = match request.find().await? {
        Ok(found) => found,
        Err(none) => return Ok(none),
    };
    let listed = request.app.readings.files(request.name).await?;
    let (version, files) = listed.map_or((None, Vec::new()), |listed| (Some(listed.version), listed.files));
    let pages = request.pages(sql(files.len()), "files");
    let size = |size: i64| bytes(u64::try_from(size).unwrap_or_default());
    let rows = files.into_iter().skip(request.offset()).take(ROWS).map(|(path, bytes)| (path, size(bytes)));
    let page =
        Files { frame: request.frame(), head: request.head(&found, Tab::Files), version, rows: rows.collect(), pages };
    Ok(render(&page)?.into_response())
}
