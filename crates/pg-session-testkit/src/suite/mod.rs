//! The contract that every web app with our sessions keeps, whatever its framework and language.
//!
//! The app is told `DATABASE_URL`, `PORT` and, where it should not be 2,700, `SESSION_SECONDS`: how long a session lives
//! when nobody comes. Each request of who has a session moves its expiry. The option `subject` of its store is `user.id`.
//! It says `listening on http://…` when it is ready, and serves
//!
//! | request | what it does |
//! |---|---|
//! | `GET /` | adds one to `views` and answers `{"views": n}` |
//! | `GET /session` | answers the data, without what the framework adds of its own |
//! | `PUT /session/{key}?delay_ms=` | reads the session, waits, sets the key to the JSON body and saves |
//! | `PUT /session/{key}/{inner}?delay_ms=` | the same of a key within the object at `key`, which it makes if there is none |
//! | `DELETE /session/{key}` | removes the key |
//! | `GET /touch?delay_ms=` | reads the session, waits, changes nothing |
//! | `POST /rotate?delay_ms=` | reads the session, waits, gives it a new id |
//! | `POST /logout` | ends the session |
//! | `POST /logout-others` | ends all other sessions of this session's `user.id` |
//!
//! An app is one process of perhaps many on a table: what one has answered holds at all of them, and a request never
//! fails because another was faster.
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
