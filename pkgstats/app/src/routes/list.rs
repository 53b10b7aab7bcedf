//! `/lists/{kind}`: what rises, falls, is new, or is most popular.

use axum::extract::{Path, Query as Params, State};
use axum::response::Html;
use pkgstats_catalog::ListKind;

use crate::app::App;
use crate::error::Error;
use crate::page::render;
use crate::routes::paging::{PAGE, Paging};
use crate::views::{Frame, List, Pages, Row};
use crate::visitor::Visitor;

pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(kind): Path<String>,
    Params(paging): Params<Paging>,
) -> Result<Html<String>, Error> {
    let kind: ListKind = kind.parse().map_err(|_| Error::NoSuchPage)?;
    let page = paging.number();
    let entries = app.catalog.list(kind, page).await?;
    let generation = app.catalog.generation().await?;
    let (title, explanation) = said(kind);
    render(&List {
        frame: Frame::of(visitor.user.as_ref()),
        title,
        explanation,
        measured: generation.measured.map(|month| month.to_string()),
        pages: Pages::new(page, entries.len() == PAGE, &format!("/lists/{}?", kind.name())),
        rows: entries.into_iter().map(Row::of_entry).collect(),
    })
}

fn said(kind: ListKind) -> (&'static str, &'static str) {
    match kind {
        ListKind::Rising => {
            ("Rising", "Packages of 100,000 downloads and more whose share of all downloads has grown the most.")
        }
        ListKind::Falling => {
            ("Falling", "Packages that had 100,000 downloads and more and whose share has shrunk the most.")
        }
        ListKind::New => ("New", "The most downloaded packages that had no figure before."),
        ListKind::Top => ("Top", "The most downloaded packages."),
    }
}
