//! The contract of every web app with our sessions, whatever its framework and language.
//!
//! The app reads these environment variables:
//!
//! | variable | meaning |
//! |---|---|
//! | `DATABASE_URL` | the database |
//! | `PORT` | the port to listen on; 0 is any free port |
//! | `SESSION_SECRET` | the key that signs cookies, at least 64 bytes |
//! | `NODE_ENV` | `development`: the suite uses http, where browsers drop secure cookies |
//! | `SESSION_SECONDS` | how long a session lives after the last request; default 2,700 |
//!
//! It sets its store's option `subject` to `user.id`, prints `listening on http://…` when it is ready, and serves:
//!
//! | request | action |
//! |---|---|
//! | `GET /` | adds one to `views` and returns `{"views": n}` |
//! | `GET /session` | returns the data without the framework's own fields |
//! | `PUT /session/{key}?delay_ms=` | reads the session, waits, sets the key to the JSON body and saves |
//! | `PUT /session/{key}/{inner}?delay_ms=` | the same for a key in the object at `key`, which it creates if there is none |
//! | `DELETE /session/{key}` | removes the key |
//! | `GET /touch?delay_ms=` | reads the session, waits and changes nothing |
//! | `POST /rotate?delay_ms=` | reads the session, waits and gives it a new id |
//! | `POST /logout` | ends the session |
//! | `POST /logout-others` | ends all other sessions of this session's `user.id` |
//!
//! Every request with a session extends the session. Many processes of the app may share one table: when one of them has
//! answered, the others see the change. A request never fails because of a concurrent one.
//!
//! One line creates a test for each of the [`checks`]. It needs tokio's macros:
//!
//! ```ignore
//! pg_session_testkit::contract!(App { run: &[env!("CARGO_BIN_EXE_my-app")], cookie: "id" });
//! ```
//!
//! A check panics with a description of the violation.

pub mod checks;
mod must;
mod site;
mod visitor;

pub use site::{App, Site};
pub use visitor::{Answer, Visitor};
