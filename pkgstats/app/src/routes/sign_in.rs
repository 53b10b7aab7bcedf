//! `/sign-in`: with name and password. What the visitor has starred before moves to the account.

use std::time::{Duration, UNIX_EPOCH};

use axum::Form;
use axum::extract::{Query, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use pkgstats_catalog::users::Star;
use serde::Deserialize;

use crate::app::App;
use crate::attempts::{Attempt, TooMany};
use crate::client_address::ClientAddress;
use crate::credentials;
use crate::device;
use crate::error::Error;
use crate::page::render;
use crate::password;
use crate::views::{Frame, SignIn};
use crate::visitor::{Kept, User, Visitor};

/// Does not say whether there is an account of this name.
const WRONG: &str = "The name or the password is wrong.";

#[derive(Deserialize)]
pub(crate) struct From {
    /// The page to return to.
    #[serde(default)]
    back: String,
}

#[derive(Deserialize)]
pub(crate) struct Input {
    name: String,
    password: String,
    #[serde(default)]
    back: String,
}

impl From {
    pub(crate) fn into_back(self) -> String {
        self.back
    }
}

pub(crate) async fn show(visitor: Visitor, Query(From { back }): Query<From>) -> Result<Html<String>, Error> {
    render(&SignIn { frame: Frame::of(visitor.user.as_ref()), name: String::new(), back, problem: None })
}

pub(crate) async fn submit(
    State(app): State<App>,
    visitor: Visitor,
    address: ClientAddress,
    headers: HeaderMap,
    Form(input): Form<Input>,
) -> Result<Response, Error> {
    let name = credentials::folded(&input.name);
    let attempt = match Attempt::take(&app.users, &address, &name).await? {
        Ok(attempt) => attempt,
        Err(too_many) => {
            let problem = Some(too_many.sentence());
            let page = SignIn { frame: Frame::of(visitor.user.as_ref()), name, back: input.back, problem };
            return Ok(refused(&too_many, render(&page)?));
        }
    };
    let account = app.users.account(&name).await?;
    let hash = account.as_ref().map(|account| account.password.clone());
    let is_right = password::is_right(input.password, hash).await?;
    match account.filter(|_| is_right) {
        Some(account) => {
            attempt.succeed(&app.users).await?;
            let user = User { id: account.id, name: account.name };
            enter(&app, visitor, user, &headers).await?;
            Ok(Redirect::to(local_path(&input.back)).into_response())
        }
        None => {
            let page = SignIn {
                frame: Frame::of(visitor.user.as_ref()),
                name,
                back: input.back,
                problem: Some(WRONG.to_owned()),
            };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)?).into_response())
        }
    }
}

/// Returns the answer to one attempt too many.
pub(crate) fn refused(too_many: &TooMany, page: Html<String>) -> Response {
    (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, too_many.seconds)], page).into_response()
}

/// Signs the visitor in, and moves the stars of the session to the account.
pub(crate) async fn enter(app: &App, mut visitor: Visitor, user: User, headers: &HeaderMap) -> Result<(), Error> {
    let starred = visitor.kept(Kept::Starred).await?;
    let since = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
    let stars: Vec<_> = starred.into_iter().map(|(name, seconds)| Star { name, since: since(seconds) }).collect();
    app.users.add_stars(user.id, &stars).await?;
    visitor.sign_in(user, device::label(headers)).await
}

/// Returns a path of this site, or the start page for anything else.
pub(crate) fn local_path(path: &str) -> &str {
    let is_local = path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n', '\t']);
    if is_local { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        assert_eq!(local_path("/package/koa?by=week"), "/package/koa?by=week");
        for foreign in
            ["", "https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:1"]
        {
            assert_eq!(local_path(foreign), "/", "{foreign}");
        }
    }
}
