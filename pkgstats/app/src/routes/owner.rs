//! `/owner/{name}`: the packages of a GitHub account, and their sum.

use axum::extract::{Path, Query as Params, State};
use axum::response::Html;

use crate::address::encoded;
use crate::app::App;
use crate::error::Error;
use crate::page::render;
use crate::routes::paging::{PAGE, Paging};
use crate::views::{Frame, OwnerPage, Pages, Row, grouped};
use crate::visitor::Visitor;

pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(account): Path<String>,
    Params(paging): Params<Paging>,
) -> Result<Html<String>, Error> {
    let page = paging.number();
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
