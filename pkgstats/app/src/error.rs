//! Errors of pages, which are pages too: each says what to do next.

use std::error::Error as StdError;

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::address::encoded;
use crate::views::{ErrorPage, Frame, write};

/// Why a page cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("there is no such page")]
    NoSuchPage,
    /// What the visitor sent cannot be used.
    #[error("{0}")]
    Invalid(&'static str),
    #[error("the request comes from another site")]
    ForeignOrigin,
    #[error("sign in first")]
    SignedOut {
        /// The page to return to.
        back: String,
    },
    #[error("the layer of the sessions is missing")]
    NoSessionLayer,
    #[error("the session cannot be read or saved")]
    Session(#[from] tower_sessions::session::Error),
    #[error("the sessions of an account cannot be read or ended")]
    Sessions(#[from] pg_session_tower::pg_session::Error),
    #[error("the database does not answer")]
    Catalog(#[from] pkgstats_catalog::Error),
    #[error("the page cannot be written")]
    Template(#[from] askama::Error),
    #[error("the work on the page was interrupted")]
    Interrupted,
    #[error("the password cannot be checked")]
    Password(#[from] crate::password::Error),
}

impl Error {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NoSuchPage => StatusCode::NOT_FOUND,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::SignedOut { .. } => StatusCode::UNAUTHORIZED,
            Self::Session(_) | Self::Sessions(_) | Self::Catalog(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::NoSessionLayer | Self::Template(_) | Self::Interrupted | Self::Password(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::NoSuchPage => "Search for a package, or begin on the start page.",
            Self::Invalid(_) => "Go back, and correct it.",
            Self::ForeignOrigin => "Open this site itself, and try again there.",
            Self::SignedOut { .. } => "This page belongs to an account.",
            Self::Session(_) | Self::Sessions(_) | Self::Catalog(_) => "Try again in a moment.",
            Self::NoSessionLayer | Self::Template(_) | Self::Interrupted | Self::Password(_) => {
                "This is a mistake of the program. Its log says more."
            }
        }
    }

    /// Returns the address of the next step, and its name.
    fn next(&self) -> (String, &'static str) {
        match self {
            Self::SignedOut { back } => (format!("/sign-in?back={}", encoded(back)), "Sign in"),
            // The same page.
            Self::Session(_) | Self::Sessions(_) | Self::Catalog(_) => (String::new(), "Try again"),
            _ => ("/".to_owned(), "Start page"),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            let error = &self as &dyn StdError;
            tracing::error!(error, "a page cannot be shown");
        }
        let page = ErrorPage {
            frame: Frame::plain(),
            problem: capitalized(&self.to_string()),
            advice: self.advice(),
            next: self.next(),
        };
        match write(&page) {
            Ok(Html(page)) => (status, Html(page)).into_response(),
            Err(_) => (status, self.to_string()).into_response(),
        }
    }
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + chars.as_str())
}
