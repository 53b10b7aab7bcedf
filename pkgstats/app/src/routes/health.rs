//! `/health`: the program runs. `/ready`: its database answers.

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;

pub(crate) async fn live() -> &'static str {
    "ok\n"
}

pub(crate) async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    // Both read one row.
    let answers = app.catalog.generation().await.is_ok() && app.sessions.get("health").await.is_ok();
    match answers {
        true => (StatusCode::OK, "ok\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}
