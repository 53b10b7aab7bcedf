//! `/package/{name}`: a package with its figures, its facts and its readme.

use axum::http::HeaderValue;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{IntoResponse, Response};

use super::chart::chart;
use super::page::{Found, Request};
use crate::chart_options::ChartOptions;
use crate::error::Error;
use crate::guard::WITH_IMAGES;
use crate::page::render;
use crate::views::package::{PackagePage, Tab};
use crate::visitor::Kept;

pub(super) async fn show(request: &Request<'_>, options: ChartOptions, shows_images: bool) -> Result<Response, Error> {
    let found = match request.find().await? {
        Ok(found) => found,
        Err(none) => return Ok(none),
    };
    let (app, visitor, name) = (request.app, request.visitor, request.name);
    let (is_starred, is_watched) = match &visitor.user {
        Some(user) => (app.users.has_starred(user.id, name).await?, app.users.is_watched(user.id, name).await?),
        None => (visitor.kept(Kept::Starred).await?.contains_key(name), false),
    };
    if visitor.has_session() {
        visitor.keep(Kept::Recent, name, true).await?;
    }
    let version = found.package.detail.as_ref().and_then(|detail| detail.version.as_deref());
    let readme = match (found.read.facts(), version) {
        (Some(facts), Some(version)) => app.readmes.get(&app.readings, name, version, facts).await?,
        _ => None,
    };
    let chart = chart(app, name, options).await?;
    let head = request.head(&found, Tab::Overview);
    let Found { package, read } = found;
    let page = PackagePage {
        frame: request.frame(),
        head,
        package,
        facts: read.stored.map(|stored| stored.facts),
        readme,
        chart,
        shows_images,
        is_starred,
        is_watched,
    };
    let mut response = render(&page)?.into_response();
    if shows_images {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(WITH_IMAGES));
    }
    Ok(response)
}
