//! `/feed/{secret}.atom`: the new versions of what an account watches, for feed readers. `POST /account/feed` makes its address,
//! or another one.

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};

use crate::app::App;
use crate::error::Error;
use crate::page::render;
use crate::views::Feed;
use crate::visitor::Visitor;

pub(crate) async fn show(State(app): State<App>, Path(file): Path<String>) -> Result<Response, Error> {
    let secret = file.strip_suffix(".atom").ok_or(Error::NoSuchPage)?;
    let account = app.users.account_of_feed(secret).await?.ok_or(Error::NoSuchPage)?;
    let feed = Feed::new(app.users.news(account, None).await?);
    let headers = [(CONTENT_TYPE, "application/atom+xml; charset=utf-8"), (CACHE_CONTROL, "private, max-age=300")];
    Ok((headers, render(&feed)?.0).into_response())
}

pub(crate) async fn renew(State(app): State<App>, visitor: Visitor) -> Result<Redirect, Error> {
    app.users.renew_feed(visitor.signed_in()?.id).await?;
    Ok(Redirect::to("/watched"))
}
