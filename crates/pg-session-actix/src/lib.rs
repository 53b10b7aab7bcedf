//! [actix-session](https://docs.rs/actix-session) on pg-session: an actix-web application keeps its sessions in the
//! PostgreSQL that it already has.
//!
//! ```no_run
//! # async fn example() -> pg_session_actix::Result<()> {
//! use actix_session::{Session, SessionMiddleware};
//! use actix_web::{App, cookie::Key, web};
//! use pg_session_actix::{ActixStore, PgStore, RequestScope};
//!
//! let store = PgStore::new("postgres://app@localhost/app")?;
//! store.setup().await?;
//!
//! let app = App::new()
//!     .route("/", web::get().to(async |session: Session| format!("{:?}", session.entries())))
//!     .wrap(RequestScope::around(SessionMiddleware::new(ActixStore::new(store), Key::generate())));
//! # Ok(()) }
//! ```
//!
//! [`ActixStore`] is a `SessionStore` of actix-session 0.11. With [`RequestScope`], concurrent requests keep each other's
//! changes, and a logout wins. Everything of [`pg_session`] is here too.
//!
//! # Tasks, streams and WebSockets
//!
//! actix-session saves a session when the head of the response is ready, and the scope of the request ends then. What a
//! spawned task, a streamed body or a WebSocket changes in its `Session` later is not saved at all. Take the id along,
//! from [`session_id`](ActixStore::session_id), and load the session again for each change:
//!
//! ```no_run
//! # use pg_session_actix::{ActixStore, Result};
//! # use serde_json::{Map, Value};
//! # use std::time::Duration;
//! # async fn task(store: ActixStore, id: String) -> Result<()> {
//! // There is none if the visitor has logged out meanwhile; an update never brings it back.
//! if let Some(session) = store.pg_store().get(&id).await? {
//!     let mut data: Map<String, Value> = session.decode()?;
//!     data.insert("done".to_owned(), true.into());
//!     store.pg_store().update(&session, &data, Duration::from_secs(3600)).await?;
//! }
//! # Ok(()) }
//! ```
//!
//! A task that calls the methods of `SessionStore` itself does so within [`RequestStore::scope`], one for each load.

mod mark;
mod middleware;
mod session_store;
mod state;

use actix_session::storage::generate_session_key;
pub use middleware::{RequestScope, RequestScopeService};
#[doc(no_inline)]
pub use pg_session::*;

/// A [`PgStore`] as actix-session wants it. Cheap to clone: clones are handles to one store.
///
/// Data is a JSON object, its keys in sorted order and its values as JSON: a table may serve other frameworks too.
/// What is gone stays so: an update then saves nothing, under no key, and neither that nor a touch is an error.
///
/// Under a [`RequestScope`], an update is against what the request has loaded, and `renew` moves the session in one
/// atomic statement. Elsewhere an update is against the load that it was made from, if the store still remembers that:
/// see [`RequestStore`].
///
/// # Errors
/// Every method may fail with `Other`, whose source is the [`Error`] of the store. Writing fails with `Serialization`
/// where the data cannot be stored (it is over `max_size`, say), and loading with `Deserialization` where it is no JSON
/// object; actix-session takes such a session for an empty one.
#[derive(Clone, Debug)]
pub struct ActixStore(RequestStore);

impl ActixStore {
    /// Sessions in `store`, whose [`setup`](PgStore::setup) remains yours to call.
    #[must_use]
    pub fn new(store: PgStore) -> Self {
        Self(RequestStore::new(store, || generate_session_key().into()))
    }

    /// The store beneath, to get at what actix-session has no word for.
    #[must_use]
    pub fn pg_store(&self) -> &PgStore {
        self.0.pg_store()
    }

    /// The id of this request's session, which actix-session keeps to itself. None outside a [`RequestScope`], and where
    /// the request came without a live session.
    #[must_use]
    pub fn session_id(&self) -> Option<String> {
        self.0.current_id()
    }
}

impl From<PgStore> for ActixStore {
    fn from(store: PgStore) -> Self {
        Self::new(store)
    }
}
