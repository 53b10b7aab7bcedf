//! `/health`: the program runs. `/ready`: its database answers.

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;

pub(crate) async fn live() -> &'static str {
    "ok\n"
}

pub(crate) async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    match app.sessions.count().await {
        Ok(_) => (StatusCode::OK, "ok\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}
