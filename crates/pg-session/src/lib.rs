//! HTTP sessions in the PostgreSQL that an application already has.
//!
//! ```no_run
//! # async fn example() -> pg_session::Result<()> {
//! use std::time::Duration;
//!
//! use pg_session::PgStore;
//! use serde_json::{Value, json};
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
//! [`PgStore`] is independent of web frameworks: `pg-session-tower` is the adapter for axum, `pg-session-actix` the one
//! for actix-web. [`PgStoreBuilder`] lists the options. [`Client`] lets the store use the application's pool.
//! [`RequestStore`] is the foundation of the adapters.
//!
//! # Features
//!
//! - `native` (default): the store's own connections, from a connection string, with TLS by rustls.
//! - `deadpool`: `deadpool_postgres::Pool`, version 0.14, is a [`Client`].
//! - `sqlx`: `sqlx::PgPool`, version 0.9, is a [`Client`].
//! - `metrics`: counts updates for a recorder of [metrics](https://docs.rs/metrics) 0.24, in `pg_session_updates_total`, with
//!   the label `outcome`: `saved`, `merged`, `unchanged` or `gone`, a save of a session that had ended.
//!
//! The features `deadpool`, `sqlx` and `metrics` name types of other crates. A breaking version of such a crate becomes a new
//! feature beside the old one, which is supported for at least a year and removed only by a breaking release of this crate.

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
