//! `/api/v1`: what the pages show, as JSON.

use axum::extract::{Path, Query as Params, RawQuery, State};
use axum::{Json, Router, routing::get};
use pkgstats_catalog::{ListEntry, ListKind, Owner, SearchResults};
use pkgstats_core::query::{Query, Sort};
use serde::Deserialize;

use crate::app::App;
use crate::routes::api_package::{self, Answer, answer};
use crate::routes::compare::names;
use crate::routes::paging::Paging;
use crate::routes::problem::Problem;
use crate::routes::suggest;

#[derive(Deserialize)]
struct Input {
    #[serde(default)]
    q: String,
    sort: Option<String>,
    page: Option<usize>,
}

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/search", get(search))
        .route("/suggest", get(suggest::show))
        .route("/packages/{*name}", get(api_package::show))
        .route("/owners/{name}", get(owner))
        .route("/lists/{kind}", get(list))
        .route("/compare", get(compare))
        .fallback(async || Problem::NotFound("address"))
}

async fn search(State(app): State<App>, Params(input): Params<Input>) -> Result<Json<SearchResults>, Problem> {
    let mut query = Query::parse(&input.q);
    if let Some(sort) = input.sort {
        query.sort = sort.parse::<Sort>().map_err(|error| Problem::Invalid(error.to_string()))?;
    }
    Ok(Json(app.catalog.search(&query, input.page.unwrap_or(1)).await?))
}

async fn owner(
    State(app): State<App>,
    Path(name): Path<String>,
    Params(paging): Params<Paging>,
) -> Result<Json<Owner>, Problem> {
    app.catalog.owner(&name, paging.number()).await?.map(Json).ok_or(Problem::NotFound("owner"))
}

async fn list(
    State(app): State<App>,
    Path(kind): Path<String>,
    Params(paging): Params<Paging>,
) -> Result<Json<Vec<ListEntry>>, Problem> {
    let kind: ListKind = kind.parse().map_err(|_| Problem::NotFound("list"))?;
    Ok(Json(app.catalog.list(kind, paging.number()).await?))
}

async fn compare(State(app): State<App>, RawQuery(query): RawQuery) -> Result<Json<Vec<Answer>>, Problem> {
    let mut packages = Vec::new();
    for name in names(query.as_deref().unwrap_or_default()) {
        if let Some(package) = app.catalog.package(&name).await? {
            packages.push(answer(&app, package).await?);
        }
    }
    Ok(Json(packages))
}
