//! The store: one line for each operation.

mod session;
mod sessions;

use std::fmt;
use std::future::ready;
use std::sync::Arc;

use tokio_util::either::Either;

use crate::backend::ConnectTo;
use crate::builder::PgStoreBuilder;
use crate::core::Core;
use crate::error::{Error, Result};
use crate::ops;
use crate::sweeper;

/// Sessions in a PostgreSQL table. Cheap to clone: clones share one store.
///
/// The database's clock decides what has expired. Ids are strings of 1 to [`MAX_ID_BYTES`](crate::MAX_ID_BYTES) bytes
/// without NUL. Data is any value that serializes to JSON. A time to live is a [`Duration`], or `None` for the option
/// [`ttl`](crate::PgStoreBuilder::ttl); zero expires the session at once, and more than [`MAX_TTL`](crate::MAX_TTL) is an
/// error.
///
/// When an operation returns, every later call through any process sees its effect. If a call is dropped, or fails with an
/// error that says so, it is unknown whether it took effect. A write whose connection is lost before the answer is not sent
/// again, unless it certainly did not run: it could undo what others have done since.
///
/// # Errors
/// Every operation may fail with `Setup` (the table is missing, or has changed and no longer fits), `InvalidInput` (an
/// argument out of its range), `Unavailable`, `Overloaded` and `Database`: see [`ErrorKind`](crate::ErrorKind).
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> pg_session::Result<()> {
/// use std::time::Duration;
///
/// use pg_session::{PgStore, Updated};
/// use serde_json::json;
///
/// let store = PgStore::new("postgres://app@localhost/app")?;
/// let hour = Duration::from_secs(3600);
/// store.set("an-unguessable-id", &json!({"user": 7}), hour).await?;
///
/// let Some(session) = store.get("an-unguessable-id").await? else { return Ok(()) };
/// let mut data: serde_json::Value = session.decode()?;
/// data["theme"] = "dark".into();
/// match store.update(&session, &data, hour).await? {
///     Updated::Saved | Updated::Merged | Updated::Unchanged => println!("saved"),
///     Updated::Gone => println!("logged out in the meantime"),
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct PgStore {
    core: Arc<Core>,
}

impl PgStore {
    /// Creates a store with the default options. Does not connect yet.
    ///
    /// `connection` is a connection string as libpq takes it, a URL or key=value pairs, or a [`Client`](crate::Client) of
    /// the application. As in libpq, what a connection string leaves out comes from the environment: `PGPASSWORD` and others,
    /// `~/.pgpass` and the service file.
    ///
    /// # Errors
    /// `Configuration`: the connection string cannot be used. The message says why.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// let store = pg_session::PgStore::new("postgres://app:password@localhost/app")?;
    /// # Ok::<(), pg_session::Error>(())
    /// ```
    pub fn new(connection: impl Into<ConnectTo>) -> Result<Self> {
        Self::builder(connection).build()
    }

    /// Creates a store with the default options, for the database that the environment describes: see
    /// [`ConnectTo::from_env`]. Does not connect yet.
    ///
    /// # Errors
    /// `Configuration`: neither `DATABASE_URL` nor a variable of libpq is set, or one of them cannot be used.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// let store = pg_session::PgStore::from_env()?;
    /// # Ok::<(), pg_session::Error>(())
    /// ```
    #[cfg(feature = "native")]
    pub fn from_env() -> Result<Self> {
        Self::new(ConnectTo::from_env())
    }

    /// Returns a builder for a store with other options. See [`new`](Self::new) for `connection`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// let store = pg_session::PgStore::builder("host=localhost user=app dbname=app").table("web_session").build()?;
    /// # Ok::<(), pg_session::Error>(())
    /// ```
    pub fn builder(connection: impl Into<ConnectTo>) -> PgStoreBuilder {
        PgStoreBuilder::new(connection.into())
    }

    /// Returns the state that the operations share. Starts the sweeper with the first operation.
    pub(crate) fn core(&self) -> &Core {
        sweeper::start(&self.core);
        &self.core
    }

    /// Lets an operation run to its end before the store closes. A closed store refuses it.
    pub(crate) fn run<T>(&self, operation: impl Future<Output = Result<T>>) -> impl Future<Output = Result<T>> {
        if self.core.closing.is_cancelled() {
            return Either::Right(ready(Err(Error::closed())));
        }
        Either::Left(self.core.operations.track_future(operation))
    }

    /// Returns whether both are handles to one store.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.core, &other.core)
    }

    /// Finds or creates the table, checks that it fits, and starts the sweeper on the current Tokio runtime.
    ///
    /// Idempotent, and safe in many processes at once. Needs no privilege to create anything if the table exists.
    /// Operations that are called during the setup wait for it. A failure is not remembered: the next operation tries
    /// again. If the application never calls `setup`, the first operation does.
    ///
    /// If the table changes later, the store introspects it again, and no call fails as long as the table fits. If a
    /// table that was found once is missing later, every call fails until it is back; only another call of `setup`
    /// creates an empty one in its place.
    ///
    /// # Errors
    /// `Setup`: the table is missing and may not be created, or does not fit. The message lists every reason.
    /// `Configuration` and `Unavailable`: the database cannot be reached, or not within
    /// [`wait_for_database`](PgStoreBuilder::wait_for_database).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore) -> pg_session::Result<()> {
    /// store.setup().await?;
    /// # Ok(()) }
    /// ```
    pub async fn setup(&self) -> Result<()> {
        ops::setup_when_available(self.core()).await
    }

    /// Returns what setup has created since the last call of this method, such as `table "public"."session"`: a schema, the
    /// table, an index. A log event of the level info says the same.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore) -> pg_session::Result<()> {
    /// store.setup().await?;
    /// for created in store.take_created() {
    ///     println!("created {created}");
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn take_created(&self) -> Vec<String> {
        self.core.setup.take_created()
    }

    /// Stops the sweeper, waits for the calls in flight, and closes the store's own connections, never the application's
    /// client. Idempotent. Later calls fail with `Unavailable`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore) {
    /// store.close().await;
    /// # }
    /// ```
    pub async fn close(&self) {
        self.core.close().await;
    }
}

impl PgStoreBuilder {
    /// Checks the options and creates the store. Does not connect: [`PgStore::setup`] does.
    ///
    /// # Errors
    /// `Configuration`: the connection string or an option cannot be used. The message names it and says why.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// let store = pg_session::PgStore::builder("postgres://app@localhost/app").build()?;
    /// # Ok::<(), pg_session::Error>(())
    /// ```
    pub fn build(self) -> Result<PgStore> {
        let (options, backend) = self.into_parts()?;
        Ok(PgStore { core: Arc::new(Core::new(options, backend)) })
    }
}

impl fmt::Debug for PgStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgStore").field("options", &self.core.options).finish_non_exhaustive()
    }
}
