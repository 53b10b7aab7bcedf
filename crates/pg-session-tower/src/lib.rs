//! [tower-sessions](https://docs.rs/tower-sessions) on pg-session: an axum application keeps its sessions in the
//! PostgreSQL that it already has.
//!
//! ```no_run
//! # async fn example() -> pg_session_tower::Result<()> {
//! use axum::{Router, routing::get};
//! use pg_session_tower::{PgStore, TowerStore, UpdateLayer};
//! use tower_sessions::{Session, SessionManagerLayer};
//!
//! let store = PgStore::new("postgres://app@localhost/app")?;
//! store.setup().await?;
//!
//! let app: Router = Router::new()
//!     .route("/", get(async |session: Session| format!("{:?}", session.id())))
//!     .layer(SessionManagerLayer::new(TowerStore::new(store)))
//!     .layer(UpdateLayer);
//! # Ok(()) }
//! ```
//!
//! [`TowerStore`] is a `SessionStore` of tower-sessions 0.15 and, with the feature `tower-sessions-014`, of 0.14 as
//! well, for what stands on that: axum-login 0.18. With [`UpdateLayer`], for both, no request undoes what others change
//! in its session. Everything of [`pg_session`] is here too.

mod layer;
mod record;
#[cfg(feature = "tower-sessions-014")]
mod v014;
mod v015;

pub use layer::{UpdateLayer, UpdateService};
#[doc(no_inline)]
pub use pg_session::*;
use tower_sessions_core::session::Id;

/// A [`PgStore`] as tower-sessions wants it. Under an [`UpdateLayer`], saves are updates; without it, the later save
/// stands, as in other stores. Cheap to clone: clones are handles to one store.
///
/// Data is a JSON object, its keys in sorted order. An expiry date is kept as the time that is left until then, so
/// that the clocks of web server and database need not agree.
///
/// # Errors
/// Every method may fail with `Backend`, which tells what the [`Error`] of the store tells. Writing fails with `Encode`
/// where the data cannot be stored (it is over `max_size`, say), and loading with `Decode` where it is no JSON object.
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
struct Readme;
