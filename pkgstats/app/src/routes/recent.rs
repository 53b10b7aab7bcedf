//! `/recent`: the packages that the visitor has opened last.

use std::cmp::Reverse;

use axum::extract::State;
use axum::response::Html;

use crate::app::App;
use crate::error::Error;
use crate::page::render;
use crate::views::{Frame, Recent, Row};
use crate::visitor::{Kept, Visitor};

pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Result<Html<String>, Error> {
    let mut recent: Vec<_> = visitor.kept(Kept::Recent).await?.into_iter().collect();
    recent.sort_by_key(|(_, at)| Reverse(*at));
    let names: Vec<_> = recent.into_iter().map(|(name, _)| name).collect();
    let rows = Row::of_names(names.clone(), app.catalog.packages(&names).await?);
    render(&Recent { frame: Frame::of(visitor.user.as_ref()), rows })
}
