//! `/`: the search box, and what rises and falls.

use axum::extract::State;
use axum::response::Html;
use pkgstats_catalog::ListKind;

use crate::app::App;
use crate::error::Error;
use crate::page::render;
use crate::views::{Frame, Home, Row, grouped};
use crate::visitor::Visitor;

/// How many packages the short lists have.
const SHORT: usize = 6;

pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Result<Html<String>, Error> {
    let generation = app.catalog.generation().await?;
    let rising = app.catalog.list(ListKind::Rising, 1).await?;
    let falling = app.catalog.list(ListKind::Falling, 1).await?;
    render(&Home {
        frame: Frame::of(visitor.user.as_ref()),
        rising: rising.into_iter().take(SHORT).map(Row::of_entry).collect(),
        falling: falling.into_iter().take(SHORT).map(Row::of_entry).collect(),
        packages: (generation.packages > 0).then(|| grouped(generation.packages)),
        measured: generation.measured.map(|month| month.to_string()),
    })
}
