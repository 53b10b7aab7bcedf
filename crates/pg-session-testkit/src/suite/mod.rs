//! The contract that every web app with our sessions keeps, whatever its framework and language.
//!
//! The app is told `DATABASE_URL` and `PORT`, says `listening on http://…` when it is ready, and serves
//!
//! | request | what it does |
//! |---|---|
//! | `GET /` | adds one to `views` and answers `{"views": n}` |
//! | `GET /session` | answers the data, without what the framework adds of its own |
//! | `PUT /session/{key}?delay_ms=` | reads the session, waits, sets the key to the JSON body and saves |
//! | `DELETE /session/{key}` | removes the key |
//! | `GET /touch?delay_ms=` | reads the session, waits, changes nothing |
//! | `POST /rotate` | gives the session a new id |
//! | `POST /logout` | ends the session |
//!
//! Its test is one line, which makes a test of every one of the [`checks`], and needs tokio's macros:
//!
//! ```ignore
//! pg_session_testkit::contract!(App { run: &[env!("CARGO_BIN_EXE_my-app")], cookie: "id" });
//! ```
//!
//! What is not as it should be is a panic that says so.

mod app;
pub mod checks;
mod visitor;

pub use app::{App, Site};
pub use visitor::{Answer, Visitor};

use std::fmt::Display;

/// The value, or a panic that says what was attempted.
fn must<T>(attempt: &str, result: Result<T, impl Display>) -> T {
    result.unwrap_or_else(|error| panic!("cannot {attempt}: {error}"))
}
