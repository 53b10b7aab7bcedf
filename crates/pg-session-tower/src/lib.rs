//! [tower-sessions](https://docs.rs/tower-sessions) on pg-session: an axum application keeps its sessions in the
//! PostgreSQL that it already has.
//!
//! ```no_run
//! # async fn example() -> pg_session_tower::Result<()> {
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
//! [`TowerStore`] is a `SessionStore` of tower-sessions 0.15 and, with the feature `tower-sessions-014`, of 0.14 as
//! well, for what stands on that: axum-login 0.18. With [`RequestScopeLayer`], for both, concurrent requests keep each
//! other's changes, and a logout wins. Everything of [`pg_session`] is here too.
//!
//! # Tasks, streams and WebSockets
//!
//! The scope of a request ends with the head of its response. A `Session` that is used later, by a spawned task, the
//! stream of an SSE response or a WebSocket, holds the data of the past. Its saves are updates all the same, and warn
//! once per process; [`RequestStore`] says what they cannot do. To be exact, load again for each change, in a scope of
//! its own:
//!
//! ```no_run
//! # use pg_session_tower::RequestStore;
//! # use tower_sessions::{Session, session::Error};
//! # async fn handler(session: Session) {
//! tokio::spawn(async move {
//!     let saved = RequestStore::scope(async {
//!         session.load().await?;
//!         let done: u32 = session.get("done").await?.unwrap_or(0);
//!         // Without an id, the visitor has logged out meanwhile: a save would create another session.
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
//! Or leave the `Session` to the request, take its id along, and work on the [`PgStore`]: [`get`](PgStore::get), change,
//! [`update`](PgStore::update). That needs no scope, and never creates a session.

mod layer;
mod record;
#[cfg(feature = "tower-sessions-014")]
mod v014;
mod v015;

pub use layer::{RequestScopeLayer, RequestScopeService};
#[doc(no_inline)]
pub use pg_session::*;
use tower_sessions_core::session::Id;

/// A [`PgStore`] as tower-sessions wants it. Under a [`RequestScopeLayer`], a save is an update against what the request
/// has loaded; elsewhere, against the load that it was made from, if the store still remembers that: see
/// [`RequestStore`]. A save never inserts: tower-sessions creates sessions by `create`. Cheap to clone: clones are
/// handles to one store.
///
/// Data is a JSON object, its keys in sorted order. An expiry date is kept as the time that is left until then, so
/// that the clocks of web server and database need not agree.
///
/// # No cache in front
///
/// Do not put this store behind a `CachingSessionStore`. Its cache answers for sessions that other processes have
/// changed or ended: after a logout, a visitor stays logged in wherever the session is cached. The cache also hides the
/// loads from this store, so that a save may overwrite what others have changed. It warns once, and never brings a
/// session back that was destroyed. Reads are batched, so that a cache saves little.
///
/// # Errors
/// Every method may fail with `Backend`, which tells what the [`Error`] of the store tells. Writing fails with `Encode`
/// where the data cannot be stored (it is over `max_size`, say), and loading with `Decode` where it cannot be read, such
/// as data that is no JSON object; the message says what is wrong.
#[derive(Clone, Debug)]
pub struct TowerStore(RequestStore);

impl TowerStore {
    /// Sessions in `store`, whose [`setup`](PgStore::setup) remains yours to call.
    #[must_use]
    pub fn new(store: PgStore) -> Self {
        Self(RequestStore::new(store, || Id::default().to_string()))
    }

    /// The store beneath, to get at what tower-sessions has no word for.
    #[must_use]
    pub fn pg_store(&self) -> &PgStore {
        self.0.pg_store()
    }
}

impl From<PgStore> for TowerStore {
    fn from(store: PgStore) -> Self {
        Self::new(store)
    }
}

/// The code of the README, compiled; that for actix-web too.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
#[doc = include_str!("../../pg-session/README.md")]
#[doc = include_str!("../../pg-session-actix/README.md")]
#[doc = include_str!("../../../docs/operations.md")]
#[cfg_attr(feature = "tower-sessions-014", doc = include_str!("../README.md"))]
#[cfg_attr(feature = "sqlx", doc = include_str!("../../../docs/options.md"))]
struct Readme;
