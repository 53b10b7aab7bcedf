//! `/suggest`: packages that the visitor may mean, as JSON.

use axum::Json;
use axum::extract::{Query as Params, State};
use pkgstats_catalog::Suggestions;
use pkgstats_core::query::Query;
use serde::Deserialize;

use crate::app::App;
use crate::routes::problem::Problem;

#[derive(Deserialize)]
pub(crate) struct Input {
    #[serde(default)]
    q: String,
}

pub(crate) async fn show(State(app): State<App>, Params(input): Params<Input>) -> Result<Json<Suggestions>, Problem> {
    Ok(Json(app.catalog.suggest(&Query::parse(&input.q)).await?))
}
