//! `/package/{name}`: a package with its figures.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::error::Error;
use crate::page::render;
use crate::routes::address::split;
use crate::views::{Frame, NoPackage, PackagePage};
use crate::visitor::{Kept, Visitor};

pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(path): Path<String>,
) -> Result<Response, Error> {
    let name = match split(&path) {
        Some((name, "")) => name,
        Some(_) => return Err(Error::NoSuchPage),
        None => path.as_str(),
    };
    let frame = Frame { query: format!("pkg:{name}"), ..Frame::of(visitor.user.as_ref()) };
    let Some(package) = app.catalog.package(name).await? else {
        let near = app.catalog.near_names(name).await?.results.into_iter().map(|near| near.name).collect();
        let page = NoPackage { frame, name: name.to_owned(), near };
        return Ok((StatusCode::NOT_FOUND, render(&page)?).into_response());
    };
    let (is_starred, is_watched) = match &visitor.user {
        Some(user) => (app.users.has_starred(user.id, name).await?, app.users.is_watched(user.id, name).await?),
        None => (visitor.kept(Kept::Starred).await?.contains_key(name), false),
    };
    if visitor.has_session() {
        visitor.keep(Kept::Recent, name, true).await?;
    }
    Ok(render(&PackagePage { frame, package, is_starred, is_watched })?.into_response())
}
