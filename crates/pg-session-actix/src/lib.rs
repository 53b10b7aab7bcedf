//! [actix-session](https://docs.rs/actix-session) on pg-session: an actix-web application keeps its sessions in the
//! PostgreSQL that it already has.
//!
//! ```no_run
//! # async fn example() -> pg_session_actix::Result<()> {
//! use actix_session::{Session, SessionMiddleware};
//! use actix_web::{App, cookie::Key, web};
//! use pg_session_actix::{ActixStore, PgStore, UpdateMiddleware};
//!
//! let store = PgStore::new("postgres://app@localhost/app")?;
//! store.setup().await?;
//!
//! let app = App::new()
//!     .route("/", web::get().to(async |session: Session| format!("{:?}", session.entries())))
//!     .wrap(SessionMiddleware::new(ActixStore::new(store), Key::generate()))
//!     .wrap(UpdateMiddleware);
//! # Ok(()) }
//! ```
//!
//! [`ActixStore`] is a `SessionStore` of actix-session 0.11. With [`UpdateMiddleware`], no request undoes what others
//! change in its session. Everything of [`pg_session`] is here too.

mod middleware;
mod session_store;
mod state;

use actix_session::storage::generate_session_key;
pub use middleware::{UpdateMiddleware, UpdateService};
#[doc(no_inline)]
pub use pg_session::*;

/// A [`PgStore`] as actix-session wants it. Cheap to clone: clones are handles to one store.
///
/// Data is a JSON object, its keys in sorted order and its values as JSON: a table may serve other frameworks too.
/// What is gone stays so: an update then saves nothing, under no key, and neither that nor a touch is an error.
///
/// Under an [`UpdateMiddleware`], saves are updates, and `renew` moves the session in one atomic statement. Without it,
/// the later save stands, as in other stores.
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

    /// The id of this request's session, which actix-session keeps to itself. None under no [`UpdateMiddleware`], and
    /// where the request came without a live session.
    #[must_use]
    pub fn session_id(&self) -> Option<String> {
        self.0.loaded()
    }
}

impl From<PgStore> for ActixStore {
    fn from(store: PgStore) -> Self {
        Self::new(store)
    }
}
