//! `/watched`: the packages that the account watches. `POST /watch`: watches one, or no longer.

use axum::Form;
use axum::extract::State;
use axum::response::{Html, Redirect};
use pkgstats_catalog::jobs::{JobKind, Urgency};
use pkgstats_core::name;
use serde::Deserialize;

use crate::app::App;
use crate::error::Error;
use crate::page::render;
use crate::routes::sign_in::local_path;
use crate::views::{Entry, Frame, Row, Watched};
use crate::visitor::Visitor;

#[derive(Deserialize)]
pub(crate) struct Input {
    name: String,
    watched: bool,
    #[serde(default)]
    back: String,
}

pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Result<Html<String>, Error> {
    let account = visitor.signed_in()?.id;
    let names = app.users.watched(account).await?;
    let rows = Row::of_names(names.clone(), app.catalog.packages(&names).await?);
    let since = app.users.look(account).await?;
    let news = app.users.news(account, since).await?.into_iter().map(Entry::new).collect();
    let feed = app.users.feed_secret(account).await?;
    render(&Watched { frame: Frame::of(visitor.user.as_ref()), rows, news, feed })
}

pub(crate) async fn set(State(app): State<App>, visitor: Visitor, Form(input): Form<Input>) -> Result<Redirect, Error> {
    let user = visitor.signed_in()?;
    if !name::is_valid(&input.name) {
        return Err(Error::Invalid("this is no name of a package"));
    }
    app.users.watch(user.id, &input.name, input.watched).await?;
    if input.watched && app.readings.facts(&input.name).await?.is_none() {
        // What is there now is no news later.
        app.ask(JobKind::Details, &[input.name], Urgency::Usual).await?;
    }
    Ok(Redirect::to(local_path(&input.back)))
}
