//! `/search`: packages by name, by words, by owner.

use axum::extract::{Query as Params, State};
use axum::response::{IntoResponse, Redirect, Response};
use pkgstats_core::query::{Form, Query, Sort};
use serde::Deserialize;

use crate::address::{encoded, package_path};
use crate::app::App;
use crate::error::Error;
use crate::page::render;
use crate::views::{Frame, Pages, Row, Search, grouped};
use crate::visitor::Visitor;

#[derive(Deserialize)]
pub(crate) struct Input {
    #[serde(default)]
    q: String,
    sort: Option<String>,
    page: Option<usize>,
}

pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Params(input): Params<Input>,
) -> Result<Response, Error> {
    let mut query = Query::parse(&input.q);
    match &query.form {
        Form::Empty if query.scope.is_none() && query.owner.is_none() => {
            return Ok(Redirect::to("/").into_response());
        }
        Form::Package(name) => return Ok(Redirect::to(&package_path(name)).into_response()),
        Form::Owner(owner) if query.scope.is_none() && query.owner.is_none() => {
            return Ok(Redirect::to(&format!("/owner/{}", encoded(owner))).into_response());
        }
        _ => {}
    }
    if let Some(sort) = input.sort.as_deref().and_then(|sort| sort.parse::<Sort>().ok()) {
        query.sort = sort;
    }
    let page = input.page.unwrap_or(1).max(1);
    let results = app.catalog.search(&query, page).await?;
    let words = match &query.form {
        Form::Text(terms) => terms.words.clone(),
        _ => Vec::new(),
    };
    let sort = name_of(query.sort);
    let address = format!("/search?q={}&sort={sort}&", encoded(&input.q));
    let times = |times: Option<u64>| times.map(grouped).unwrap_or_default();
    let found = Search {
        frame: Frame { query: input.q, ..Frame::of(visitor.user.as_ref()) },
        total: grouped(results.total),
        total_is_exact: results.total_is_exact,
        did_you_mean: results.did_you_mean.map(|meant| (meant.name, times(meant.times))),
        corrected: results.corrected.map(|corrected| (corrected.from, corrected.to)),
        sort,
        rows: results.results.into_iter().map(|hit| Row::of_hit(hit, &words)).collect(),
        pages: Pages::new(page, page < results.pages, &address),
    };
    Ok(render(&found)?.into_response())
}

fn name_of(sort: Sort) -> &'static str {
    match sort {
        Sort::Downloads => "downloads",
        Sort::Growth => "growth",
        Sort::Name => "name",
        _ => "relevance",
    }
}
