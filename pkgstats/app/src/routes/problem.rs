//! Errors of the API: `application/problem+json`, as in RFC 9457.

use std::error::Error as StdError;

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why the API does not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// There is nothing of this name.
    #[error("there is no {0} of this name")]
    NotFound(&'static str),
    /// A parameter cannot be used.
    #[error("{0}")]
    Invalid(String),
    #[error("the database does not answer; try again in a moment")]
    Catalog(#[from] pkgstats_catalog::Error),
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Catalog(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        if status.is_server_error() {
            let error = &self as &dyn StdError;
            tracing::error!(error, "the API cannot answer");
        }
        let title = status.canonical_reason().unwrap_or_default();
        let body = json!({ "title": title, "status": status.as_u16(), "detail": self.to_string() });
        (status, [(CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
    }
}
