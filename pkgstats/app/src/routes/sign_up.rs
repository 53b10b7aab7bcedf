//! `/sign-up`: creates an account, and signs in.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::app::App;
use crate::attempts::take_for_account;
use crate::client_address::ClientAddress;
use crate::credentials;
use crate::error::Error;
use crate::page::render;
use crate::password;
use crate::routes::sign_in::{From, enter, local_path, refused};
use crate::views::{Frame, SignUp};
use crate::visitor::{User, Visitor};

#[derive(Deserialize)]
pub(crate) struct Input {
    name: String,
    password: String,
    #[serde(default)]
    back: String,
}

pub(crate) async fn show(visitor: Visitor, query: Query<From>) -> Result<Html<String>, Error> {
    render(&SignUp {
        frame: Frame::of(visitor.user.as_ref()),
        name: String::new(),
        back: query.0.into_back(),
        problem: None,
    })
}

pub(crate) async fn submit(
    State(app): State<App>,
    visitor: Visitor,
    address: ClientAddress,
    headers: HeaderMap,
    Form(input): Form<Input>,
) -> Result<Response, Error> {
    let name = credentials::folded(&input.name);
    let page = |name, problem: String| {
        let frame = Frame::of(visitor.user.as_ref());
        render(&SignUp { frame, name, back: input.back.clone(), problem: Some(problem) })
    };
    let problem = match credentials::problem(&name, &input.password) {
        Some(problem) => problem,
        None => {
            if let Some(too_many) = take_for_account(&app.users, &address).await? {
                return Ok(refused(&too_many, page(name, too_many.sentence())?));
            }
            let password = password::hash(input.password).await?;
            match app.users.create_account(&name, &password).await? {
                Some(id) => {
                    enter(&app, visitor, User { id, name }, &headers).await?;
                    return Ok(Redirect::to(local_path(&input.back)).into_response());
                }
                None => "This name is taken. Choose another one.",
            }
        }
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(name, problem.to_owned())?).into_response())
}
