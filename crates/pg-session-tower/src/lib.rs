//! [tower-sessions](https://docs.rs/tower-sessions) on pg-session: an axum application keeps its sessions in the
//! PostgreSQL that it already uses.
//!
//! ```no_run
//! # async fn example() -> pg_session_tower::pg_session::Result<()> {
//! use axum::{Router, routing::get};
//! use pg_session_tower::{PgStore, RequestScopeLayer, TowerStore};
//! use tower_sessions::{Session, SessionManagerLayer};
//!
//! let store = PgStore::new("postgres://app@localhost/app")?;
//! store.setup().await?;
//!
//! let app: Router = Router::new()
//!     .route("/", get(async |session: Session| format!("{:?}", session.id())))
//!     .layer(RequestScopeLayer::around(SessionManagerLayer::new(TowerStore::new(store))));
//! # Ok(()) }
//! ```
//!
//! [`TowerStore`] implements the `SessionStore` of tower-sessions. With [`RequestScopeLayer`], concurrent requests keep
//! each other's changes, and a logout wins. The engine is re-exported as [`pg_session`].
//!
//! # Versions
//!
//! | crate | version | feature | purpose |
//! |---|---|---|---|
//! | tower-sessions | 0.15 | none needed | axum applications |
//! | tower-sessions | 0.14 | `tower-sessions-014` | axum-login 0.18 |
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
//! The scope of a request ends with the head of its response. A `Session` that is used later, by a spawned task, the
//! stream of an SSE response or a WebSocket, holds old data. Its saves are still updates, and log a warning once per
//! process; [`RequestStore`](pg_session::RequestStore) describes their limits. Load the session again for each change,
//! in a scope of its own:
//!
//! ```no_run
//! # use pg_session_tower::pg_session::RequestStore;
//! # use tower_sessions::{Session, session::Error};
//! # async fn handler(session: Session) {
//! tokio::spawn(async move {
//!     let saved = RequestStore::scope(async {
//!         session.load().await?;
//!         let done: u32 = session.get("done").await?.unwrap_or(0);
//!         // Without an id, the user has logged out: a save would create another session.
//!         if session.id().is_none() {
//!             return Ok::<_, Error>(());
//!         }
//!         session.insert("done", done + 1).await?;
//!         session.save().await
//!     });
//!     if !matches!(saved.await, Ok(Ok(()))) {
//!         // Log it.
//!     }
//! });
//! # }
//! ```
//!
//! Or take only the id from the request, and use the [`PgStore`]: [`get`](PgStore::get), change, and
//! [`update`](PgStore::update). That needs no scope, and never creates a session.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod data;
mod map_id;
mod request_scope;
mod store;
#[cfg(feature = "tower-sessions-014")]
mod v014;
mod v015;

pub use pg_session;
#[doc(no_inline)]
pub use pg_session::PgStore;
pub use request_scope::{RequestScopeLayer, RequestScopeService};
pub use store::TowerStore;

/// Compiles the programs in the README, those for actix-web too.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
#[doc = include_str!("../../pg-session/README.md")]
#[doc = include_str!("../../pg-session-actix/README.md")]
#[doc = include_str!("../../../docs/operations.md")]
#[cfg_attr(feature = "tower-sessions-014", doc = include_str!("../README.md"))]
#[cfg_attr(feature = "sqlx", doc = include_str!("../../../docs/options.md"))]
struct Readme;
