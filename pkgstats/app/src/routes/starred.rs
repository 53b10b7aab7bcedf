//! `/starred`: what the visitor has starred, the latest first.

use std::cmp::Reverse;

use axum::extract::State;
use axum::response::Html;

use crate::app::App;
use crate::error::Error;
use crate::page::render;
use crate::views::{Frame, Row, Starred};
use crate::visitor::{Kept, Visitor};

pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Result<Html<String>, Error> {
    let names: Vec<_> = match &visitor.user {
        Some(user) => app.users.stars(user.id).await?.into_iter().map(|star| star.name).collect(),
        None => {
            let mut starred: Vec<_> = visitor.kept(Kept::Starred).await?.into_iter().collect();
            starred.sort_by_key(|(_, since)| Reverse(*since));
            starred.into_iter().map(|(name, _)| name).collect()
        }
    };
    let rows = Row::of_names(names.clone(), app.catalog.packages(&names).await?);
    render(&Starred { frame: Frame::of(visitor.user.as_ref()), rows })
}
