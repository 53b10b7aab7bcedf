//! `/recent`: the packages that the visitor has opened last.

use std::cmp::Reverse;

use axum::response::Html;

use crate::error::Error;
use crate::page::render;
use crate::views::{Frame, Recent};
use crate::visitor::{Kept, Visitor};

pub(crate) async fn show(visitor: Visitor) -> Result<Html<String>, Error> {
    let mut recent: Vec<_> = visitor.kept(Kept::Recent).await?.into_iter().collect();
    recent.sort_by_key(|(_, at)| Reverse(*at));
    let names = recent.into_iter().map(|(name, _)| name).collect();
    render(&Recent { frame: Frame::of(visitor.user.as_ref()), names })
}
