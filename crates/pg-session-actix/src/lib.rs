//! [actix-session](https://docs.rs/actix-session) on pg-session: an actix-web application keeps its sessions in the
//! PostgreSQL that it already uses.
//!
//! ```no_run
//! # async fn example(key: actix_web::cookie::Key) -> pg_session_actix::pg_session::Result<()> {
//! use actix_session::{Session, SessionMiddleware};
//! use actix_web::{App, web};
//! use pg_session_actix::{ActixStore, PgStore, RequestScope};
//!
//! let store = PgStore::new("postgres://app@localhost/app")?;
//! store.setup().await?;
//!
//! let app = App::new()
//!     .route("/", web::get().to(async |session: Session| format!("{:?}", session.entries())))
//!     .wrap(RequestScope::around(SessionMiddleware::new(ActixStore::new(store), key)));
//! # Ok(()) }
//! ```
//!
//! [`ActixStore`] implements the `SessionStore` of actix-session. With [`RequestScope`], concurrent requests keep each
//! other's changes, and a logout wins. The engine is re-exported as [`pg_session`].
//!
//! # Versions
//!
//! | crate | version | feature | purpose |
//! |---|---|---|---|
//! | actix-session | 0.11 | none needed | actix-web applications |
//! | deadpool-postgres | 0.14 | `deadpool` | the application's pool as the connection |
//! | sqlx | 0.9 | `sqlx` | the application's pool as the connection |
//! | metrics | 0.24 | `metrics` | counts updates by their outcome |
//!
//! The next version of one of these crates becomes a feature of its own, and both versions work side by side. A version is
//! supported for at least a year after its successor, and only a breaking release of this crate (0.1 to 0.2) removes it.
//!
//! The feature `native`, on by default, is for the store's own connections. An application with its own pool can turn it
//! off, and with it the dependencies for TLS.
//!
//! # Tasks, streams and WebSockets
//!
//! actix-session saves a session when the head of the response is ready, and the scope of the request ends then. Later
//! changes to its `Session`, by a spawned task, a streamed body or a WebSocket, are not saved at all. Take the id from
//! [`session_id`](ActixStore::session_id) instead, and load the session again for each change:
//!
//! ```no_run
//! # use pg_session_actix::{ActixStore, pg_session::Result};
//! # use serde_json::{Map, Value};
//! # use std::time::Duration;
//! # async fn task(store: ActixStore, id: String) -> Result<()> {
//! // There is none if the user has logged out. An update never brings it back.
//! if let Some(session) = store.pg_store().get(&id).await? {
//!     let mut data: Map<String, Value> = session.decode()?;
//!     data.insert("done".to_owned(), true.into());
//!     store.pg_store().update(&session, &data, Duration::from_hours(1)).await?;
//! }
//! # Ok(()) }
//! ```
//!
//! A task that calls the methods of `SessionStore` itself does so within
//! [`RequestStore::scope`](pg_session::RequestStore::scope), in one scope per load.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod data;
mod map_id;
mod request_scope;
mod session_store;
mod store;

pub use pg_session;
#[doc(no_inline)]
pub use pg_session::PgStore;
pub use request_scope::{RequestScope, RequestScopeService};
pub use store::ActixStore;
