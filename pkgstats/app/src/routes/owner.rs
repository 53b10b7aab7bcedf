//! `/owner/{name}`: the packages of a GitHub account, and their sum.

use axum::extract::{Path, Query as Params, State};
use axum::response::Html;
use serde::Deserialize;

use crate::app::App;
use crate::error::Error;
use crate::page::render;
use crate::routes::address::encoded;
use crate::views::{Frame, OwnerPage, Pages, Row, grouped};
use crate::visitor::Visitor;

/// How many packages a page has.
const PAGE: usize = 25;

#[derive(Deserialize)]
pub(crate) struct Input {
    page: Option<usize>,
}

pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(account): Path<String>,
    Params(input): Params<Input>,
) -> Result<Html<String>, Error> {
    let page = input.page.unwrap_or(1).max(1);
    let owner = app.catalog.owner(&account, page).await?.ok_or(Error::NoSuchPage)?;
    let has_more = owner.packages > (page * PAGE) as u64;
    render(&OwnerPage {
        frame: Frame { query: format!("@{}", owner.owner), ..Frame::of(visitor.user.as_ref()) },
        packages: grouped(owner.packages),
        downloads: grouped(owner.downloads),
        rows: owner.results.into_iter().map(|hit| Row { reason: None, ..Row::of_hit(hit, &[]) }).collect(),
        pages: Pages::new(page, has_more, &format!("/owner/{}?", encoded(&account))),
        owner: owner.owner,
    })
}
