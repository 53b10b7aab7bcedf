//! `/package/{name}/dependencies`: what the latest version depends on.

use axum::response::{IntoResponse, Response};

use super::page::Request;
use crate::error::Error;
use crate::page::render;
use crate::views::package::{Dependencies, Tab};

pub(super) async fn show(request: &Request<'_>) -> Result<Response, Error> {
    let found = match request.find().await? {
        Ok(found) => found,
        Err(none) => return Ok(none),
    };
    let dependencies = request.app.readings.dependencies(request.name).await?;
    let page = Dependencies::new(request.frame(), request.head(&found, Tab::Dependencies), dependencies);
    Ok(render(&page)?.into_response())
}
