//! The ways to reach PostgreSQL: the store's own connections, or the application's client.

mod budget;
mod client;
mod command;
#[cfg(feature = "native")]
mod connect;
#[cfg(feature = "native")]
mod home;
mod options;
#[cfg(feature = "native")]
mod password;
#[cfg(feature = "native")]
mod pipeline;

use std::fmt;

use tokio::time::Instant;
#[cfg(feature = "native")]
use tokio_util::either::Either;

use crate::error::Result;
use budget::KeyedBudget;
use client::{AnyClient, ExternalClient};
#[cfg(feature = "native")]
use pipeline::Lanes;

pub(crate) use budget::KeyedPermit;
pub use client::{Client, Rows};
pub(crate) use command::{Absence, BatchSql, Command, DuplicateKeys, Params, Rejected, Reply, Row, Statement, Value};
pub(crate) use options::BackendOptions;
#[cfg(feature = "native")]
pub(crate) use password::PasswordSource;

/// A way to reach PostgreSQL.
pub(crate) enum Backend {
    /// The store's own connections.
    #[cfg(feature = "native")]
    Lanes(Lanes),
    /// The application's client.
    Client(ExternalClient),
}

impl Backend {
    /// Runs one command in a transaction of its own, until the deadline.
    pub(crate) fn submit(
        &self,
        command: Command,
        deadline: Instant,
    ) -> impl Future<Output = Result<Reply, Rejected>> + Send {
        match self {
            #[cfg(feature = "native")]
            Self::Lanes(lanes) => Either::Left(lanes.submit(command, deadline)),
            // Boxed: it would enlarge every call's future.
            #[cfg(feature = "native")]
            Self::Client(client) => Either::Right(Box::pin(client.submit(command, deadline))),
            #[cfg(not(feature = "native"))]
            Self::Client(client) => client.submit(command, deadline),
        }
    }

    /// Returns the budget for calls that wait before they are submitted.
    pub(crate) fn budget(&self) -> &KeyedBudget {
        match self {
            #[cfg(feature = "native")]
            Self::Lanes(lanes) => lanes.budget(),
            Self::Client(client) => client.budget(),
        }
    }

    /// Refuses new commands, waits for those in flight, and closes what it opened itself.
    pub(crate) async fn close(&self) {
        match self {
            #[cfg(feature = "native")]
            Self::Lanes(lanes) => lanes.close().await,
            Self::Client(client) => client.close().await,
        }
    }
}

/// How a store reaches PostgreSQL: by a connection string, or by a [`Client`] of the application.
///
/// [`PgStore::new`](crate::PgStore::new) and [`PgStore::builder`](crate::PgStore::builder) accept any value that converts
/// into it.
pub struct ConnectTo(Source);

enum Source {
    #[cfg(feature = "native")]
    Text(String),
    Client(Box<dyn AnyClient>),
}

impl ConnectTo {
    /// Connects to what the environment describes: the connection string in `DATABASE_URL`, and the variables of libpq
    /// (`PGHOST`, `PGUSER`, `PGPASSWORD`, `PGDATABASE` and others) for what it leaves out.
    ///
    /// An empty connection string means the same. Building the store fails if none of these variables is set.
    ///
    /// ```no_run
    /// use pg_session::{ConnectTo, PgStore};
    ///
    /// let store = PgStore::builder(ConnectTo::from_env()).table("web_session").build()?;
    /// # Ok::<(), pg_session::Error>(())
    /// ```
    #[cfg(feature = "native")]
    #[must_use]
    pub fn from_env() -> Self {
        Self(Source::Text(String::new()))
    }

    pub(crate) fn into_backend(self, options: &BackendOptions) -> Result<Backend> {
        match self.0 {
            #[cfg(feature = "native")]
            Source::Text(text) => Lanes::new(&text, options).map(Backend::Lanes),
            Source::Client(client) => Ok(Backend::Client(ExternalClient::new(client, options))),
        }
    }
}

#[cfg(feature = "native")]
impl From<&str> for ConnectTo {
    fn from(text: &str) -> Self {
        Self(Source::Text(text.to_owned()))
    }
}

#[cfg(feature = "native")]
impl From<String> for ConnectTo {
    fn from(text: String) -> Self {
        Self(Source::Text(text))
    }
}

#[cfg(feature = "native")]
impl From<&String> for ConnectTo {
    fn from(text: &String) -> Self {
        Self(Source::Text(text.clone()))
    }
}

impl<C: Client> From<C> for ConnectTo {
    fn from(client: C) -> Self {
        Self(Source::Client(Box::new(client)))
    }
}

/// Omits the connection string, which may contain a password.
impl fmt::Debug for ConnectTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            #[cfg(feature = "native")]
            Source::Text(_) => "ConnectTo(string)",
            Source::Client(_) => "ConnectTo(client)",
        })
    }
}
