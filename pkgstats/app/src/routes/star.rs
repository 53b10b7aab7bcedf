//! `POST /star`: stars a package, or takes the star back.

use std::time::SystemTime;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Json};
use pkgstats_catalog::users::Star;
use pkgstats_core::name;
use serde::Deserialize;
use serde_json::json;

use crate::app::App;
use crate::error::Error;
use crate::routes::sign_in::local_path;
use crate::visitor::{Kept, Visitor};

#[derive(Deserialize)]
pub(crate) struct Input {
    name: String,
    /// `true` or `false`.
    starred: bool,
    /// The page to return to.
    #[serde(default)]
    back: String,
}

pub(crate) async fn set(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(input): Form<Input>,
) -> Result<Response, Error> {
    if !name::is_valid(&input.name) {
        return Err(Error::Invalid("this is no name of a package"));
    }
    match &visitor.user {
        Some(user) if input.starred => {
            app.users.add_stars(user.id, &[Star { name: input.name, since: SystemTime::now() }]).await?;
        }
        Some(user) => app.users.remove_star(user.id, &input.name).await?,
        None => visitor.keep(Kept::Starred, &input.name, input.starred).await?,
    }
    let wants_json = headers.get(ACCEPT).is_some_and(|accept| accept == "application/json");
    if wants_json {
        return Ok(Json(json!({ "starred": input.starred })).into_response());
    }
    Ok(Redirect::to(local_path(&input.back)).into_response())
}
