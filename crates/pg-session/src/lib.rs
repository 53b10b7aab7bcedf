//! Sessions kept in the PostgreSQL that an application already has.
//!
//! ```no_run
//! # async fn example() -> pg_session::Result<()> {
//! use pg_session::PgStore;
//! use serde_json::{Value, json};
//! use std::time::Duration;
//!
//! let store = PgStore::new("postgres://app@localhost/app")?;
//! store.setup().await?;
//!
//! store.set("an-unguessable-id", &json!({"user": 7}), Duration::from_secs(3600)).await?;
//! if let Some(session) = store.get("an-unguessable-id").await? {
//!     assert_eq!(session.decode::<Value>()?["user"], 7);
//! }
//! store.destroy("an-unguessable-id").await?;
//! # Ok(()) }
//! ```
//!
//! [`PgStore`] knows no web framework: `pg-session-tower` is the adapter for axum, `pg-session-actix` the one for
//! actix-web. Every method of it says what it promises; [`PgStoreBuilder`] says what can be set; [`Client`] lets the store use
//! a pool that the application has already; [`RequestStore`] is what adapters stand on.
//!
//! Updates are counted for whoever installs a recorder of the crate [metrics](https://docs.rs/metrics): the counter
//! `pg_session_updates_total`, by the label `outcome` with the values `saved`, `merged`, `unchanged` and `gone`. The
//! last are writes that were dropped, for their session was gone.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod backend;
mod builder;
mod core;
mod error;
mod merge;
mod ops;
mod options;
mod request;
mod session;
mod store;
mod subject;
mod sweeper;
mod table;

pub use backend::{Client, ConnectTo, Rows};
pub use builder::PgStoreBuilder;
pub use error::{Error, ErrorKind, Result};
pub use ops::{Created, Renewal, Rotated, Updated};
pub use request::RequestStore;
pub use session::{DEFAULT_TTL, MAX_ID_BYTES, MAX_TTL, Session};
pub use store::PgStore;
