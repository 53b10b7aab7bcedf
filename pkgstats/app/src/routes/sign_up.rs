//! `/sign-up`: creates an account, and signs in.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::app::App;
use crate::attempts::take_for_account;
use crate::client_address::ClientAddress;
use crate::error::Error;
use crate::page::render;
use crate::password;
use crate::routes::sign_in::{From, enter, local_path, refused};
use crate::views::{Frame, SignUp};
use crate::visitor::{User, Visitor};

/// The length of a name, as at GitHub.
const NAME: std::ops::RangeInclusive<usize> = 1..=39;

/// The length of a password. NIST SP 800-63B asks for 8 characters or more; the maximum bounds the work of a hash.
const PASSWORD: std::ops::RangeInclusive<usize> = 10..=200;

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
    let name = input.name.trim().to_lowercase();
    let page = |name, problem: String| {
        let frame = Frame::of(visitor.user.as_ref());
        render(&SignUp { frame, name, back: input.back.clone(), problem: Some(problem) })
    };
    let problem = match problem(&name, &input.password) {
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

fn problem(name: &str, password: &str) -> Option<&'static str> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !NAME.contains(&name.len()) || !name.bytes().all(is_plain) {
        return Some("A name has 1 to 39 letters, digits and hyphens.");
    }
    (!PASSWORD.contains(&password.chars().count())).then_some("A password has 10 to 200 characters.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_passwords_have_limits() {
        assert_eq!(problem("ada-99", "long enough"), None);
        for name in ["", "a b", "ä", "a/b", &"a".repeat(40)] {
            assert!(problem(name, "long enough").is_some_and(|problem| problem.contains("name")), "{name}");
        }
        assert!(problem("ada", "short").is_some_and(|problem| problem.contains("password")));
    }
}
