//! The store: one line for each operation.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::backend::ConnectTo;
use crate::builder::PgStoreBuilder;
use crate::core::Core;
use crate::error::Result;
use crate::ops::{self, Created, Renewal, Rotated, Updated};
use crate::session::{Encoded, Session};
use crate::sweeper;

/// Sessions in a PostgreSQL table. Cheap to clone: all clones are handles to one store.
///
/// The clock is the database's. Ids are strings of 1 to [`MAX_ID_BYTES`](crate::MAX_ID_BYTES) bytes without NUL. Data is
/// whatever serializes to JSON. A time to live is a [`Duration`], or `None` for the option
/// [`ttl`](crate::PgStoreBuilder::ttl); zero ends the session at once, and more than [`MAX_TTL`](crate::MAX_TTL) is an error.
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
///     Updated::Gone => println!("logged out meanwhile"),
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct PgStore {
    core: Arc<Core>,
}

impl PgStore {
    /// Creates a store with the default options. Connects to nothing yet.
    ///
    /// `connection` is a connection string as libpq takes it, a URL or key=value pairs, or a [`Client`](crate::Client) of
    /// the application.
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

    /// Returns a builder, to set options. `connection` is as for [`new`](Self::new).
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

    /// Returns what the operations work with. The sweeper runs from the first operation on.
    pub(crate) fn core(&self) -> &Core {
        sweeper::start(&self.core);
        &self.core
    }

    /// Encodes a session's data, once for a call.
    pub(crate) fn encode(&self, data: &(impl Serialize + ?Sized)) -> Result<Encoded> {
        Encoded::new(data, self.core.options.max_size)
    }

    /// Takes JSON text as a session's data.
    pub(crate) fn checked(&self, json: String) -> Result<Encoded> {
        Encoded::checked(json, self.core.options.max_size)
    }

    /// Whether both are handles to one store.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.core, &other.core)
    }

    /// Finds or creates the table, checks that it fits, and starts the sweeper on the current Tokio runtime.
    ///
    /// Idempotent, and safe in many processes at once. Needs no right to create anything if the table exists. Operations
    /// that are called meanwhile wait for it. A failure is not remembered: the next operation tries again. If the application
    /// never calls `setup`, the first operation does.
    ///
    /// If the table changes later, the store looks at it again, and no call fails as long as it fits. A table that was found
    /// once and is missing later is an error of every call until it is back; only another call of `setup` creates an empty one
    /// in its place.
    ///
    /// # Errors
    /// `Setup`: the table is missing and may not be created, or does not fit. The message lists every reason.
    /// `Configuration` and `Unavailable`: the database cannot be reached.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore) -> pg_session::Result<()> {
    /// store.setup().await?;
    /// # Ok(()) }
    /// ```
    pub async fn setup(&self) -> Result<()> {
        ops::setup(self.core()).await
    }

    /// Returns the live session, or `None` if it expired or does not exist. Never writes.
    ///
    /// # Errors
    /// See [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore, id: &str) -> pg_session::Result<()> {
    /// if let Some(session) = store.get(id).await? {
    ///     println!("{} lives for another {:?}", session.json(), session.expires_in());
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn get(&self, id: &str) -> Result<Option<Session>> {
        ops::get(self.core(), id).await
    }

    /// Inserts or replaces the session in one atomic statement. The last write wins; to keep what others change
    /// concurrently, use [`update`](Self::update).
    ///
    /// # Errors
    /// `TooLarge`: the data is over `max_size`; nothing was sent. Otherwise see [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore, id: &str) -> pg_session::Result<()> {
    /// store.set(id, &serde_json::json!({"user": 7}), std::time::Duration::from_secs(3600)).await?;
    /// # Ok(()) }
    /// ```
    pub async fn set(
        &self,
        id: &str,
        data: &(impl Serialize + ?Sized),
        ttl: impl Into<Option<Duration>>,
    ) -> Result<()> {
        ops::set(self.core(), id, self.encode(data)?, ttl.into()).await
    }

    /// Inserts the session unless a live one has this id.
    ///
    /// # Errors
    /// `TooLarge`: the data is over `max_size`; nothing was sent. Otherwise see [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore, new_id: fn() -> String) -> pg_session::Result<()> {
    /// use pg_session::Created;
    ///
    /// let mut id = new_id();
    /// while store.create(&id, &serde_json::json!({}), None).await? == Created::Exists {
    ///     id = new_id();
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn create(
        &self,
        id: &str,
        data: &(impl Serialize + ?Sized),
        ttl: impl Into<Option<Duration>>,
    ) -> Result<Created> {
        ops::create(self.core(), id, self.encode(data)?, ttl.into()).await
    }

    /// Replaces the data of a session that [`get`](Self::get) returned, merged with what others have changed since. Never
    /// inserts: an update does not bring a destroyed session back.
    ///
    /// The merge has three sides: `base`, `data`, and what is stored now. A value that only one side changed is that side's.
    /// Objects that both changed merge by key, at every depth. Of arrays and all other values that both changed, the later
    /// update wins. What one side removed stays removed, whatever the other changed inside, and so does an object that was
    /// replaced by another value. Values nested deeper than 127 levels are replaced, not merged. A moved expiry is no change.
    ///
    /// A change is what a reader of `base` can tell apart. What `data` holds as [`decode`](Session::decode) read it from `base`
    /// keeps its stored text, to the byte: an integer that was rounded to a double, or whatever was replaced to be readable.
    /// Numbers of another type (`1` for `1.0`) are a change. If others have changed an integer that `data` only turned into a
    /// double (`1.0` for `1`, as a field of type `f64` does), theirs is kept.
    ///
    /// Data without a change is not written; the update is then a [`touch`](Self::touch).
    ///
    /// # Errors
    /// `TooLarge`: the data is over `max_size`, by itself or merged. `Conflict`: other calls kept changing the session until
    /// the `timeout`. In both cases nothing was written. Otherwise see [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore, id: &str) -> pg_session::Result<()> {
    /// use pg_session::Updated;
    ///
    /// let Some(session) = store.get(id).await? else { return Ok(()) };
    /// let mut data: serde_json::Value = session.decode()?;
    /// data["cart"] = serde_json::json!(["book"]);
    /// if store.update(&session, &data, None).await? == Updated::Gone {
    ///     println!("logged out meanwhile");
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn update(
        &self,
        base: &Session,
        data: &(impl Serialize + ?Sized),
        ttl: impl Into<Option<Duration>>,
    ) -> Result<Updated> {
        ops::update(self.core(), base, self.encode(data)?, ttl.into()).await
    }

    /// Moves the expiry, and returns whether the session lives. Never inserts. Writes nothing while the stored expiry is
    /// within `touch_every` of the new one.
    ///
    /// A touch commits asynchronously, unless it shortens the session's life. A crash of the server may therefore undo the
    /// touches of the last instants (three times its `wal_writer_delay`: 0.6 seconds by default), and a failover those that had
    /// not reached the standby.
    ///
    /// # Errors
    /// See [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore, id: &str) -> pg_session::Result<()> {
    /// let lives = store.touch(id, std::time::Duration::from_secs(3600)).await?;
    /// # Ok(()) }
    /// ```
    pub async fn touch(&self, id: &str, ttl: impl Into<Option<Duration>>) -> Result<bool> {
        ops::touch(self.core(), id, ttl.into()).await
    }

    /// Deletes the session, and returns whether it lived. Afterwards no update and no touch brings it back.
    ///
    /// # Errors
    /// See [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore, id: &str) -> pg_session::Result<()> {
    /// store.destroy(id).await?;
    /// # Ok(()) }
    /// ```
    pub async fn destroy(&self, id: &str) -> Result<bool> {
        ops::destroy(self.core(), id).await
    }

    /// Deletes the session and returns it, in one atomic statement. Of several concurrent calls, one gets it.
    ///
    /// For frameworks that change a session's id by a destroy and a later set: [`renew`](Self::renew) stores it again, with
    /// what others saved meanwhile. Everywhere else, [`rotate`](Self::rotate) changes the id.
    ///
    /// # Errors
    /// See [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore, id: &str) -> pg_session::Result<()> {
    /// if let Some(last) = store.take(id).await? {
    ///     println!("ended with {}", last.json());
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn take(&self, id: &str) -> Result<Option<Session>> {
        ops::take(self.core(), id).await
    }

    /// Stores a session under a new id after a [`take`](Self::take) of the old one, in one atomic statement. Returns whether
    /// there was anything to store. With [`max_age`](crate::PgStoreBuilder::max_age), the session keeps its age.
    ///
    /// What others changed between the load and the `take` merges with `data` as in an [`update`](Self::update). Data without
    /// any key of the old session is stored as it is. If another request had ended the session, only what this request added
    /// itself is stored, if anything.
    ///
    /// # Errors
    /// `TooLarge`: the data is over `max_size`, by itself or merged. Otherwise see [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore, old: &str, new: &str) -> pg_session::Result<()> {
    /// use pg_session::Renewal;
    ///
    /// let Some(base) = store.get(old).await? else { return Ok(()) };
    /// let taken = store.take(old).await?;
    /// let renewal = Renewal { base: &base, taken: taken.as_ref(), own_keys: &["cookie"] };
    /// store.renew(new, &renewal, &serde_json::json!({"user": 7}), None).await?;
    /// # Ok(()) }
    /// ```
    pub async fn renew(
        &self,
        id: &str,
        renewal: &Renewal<'_>,
        data: &(impl Serialize + ?Sized),
        ttl: impl Into<Option<Duration>>,
    ) -> Result<bool> {
        ops::renew(self.core(), id, renewal, self.encode(data)?, ttl.into()).await
    }

    /// Gives the session a new id in one atomic statement. Data, expiry and age stay; the old id is dead. Of several concurrent
    /// calls, one wins. Never overwrites a live session.
    ///
    /// Call it at every login: whoever knew the id before must not know the id of a session with a user in it
    /// ([session fixation](https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html#renew-the-session-id-after-any-privilege-level-change)).
    ///
    /// # Errors
    /// See [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore, old: &str, new: &str) -> pg_session::Result<()> {
    /// use pg_session::Rotated;
    ///
    /// match store.rotate(old, new).await? {
    ///     Rotated::Rotated => println!("send the cookie with the new id"),
    ///     Rotated::Exists => println!("try another id"),
    ///     Rotated::Gone => println!("start a new session"),
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn rotate(&self, old: &str, new: &str) -> Result<Rotated> {
        ops::rotate(self.core(), old, new).await
    }

    /// Returns the live sessions of a subject, the longest-lived first: those with this value at the path of the option
    /// [`subject`](crate::PgStoreBuilder::subject). A string is compared as it is, anything else as JSON: `7`, `true`.
    ///
    /// # Errors
    /// `Configuration`: the option is not set. Otherwise see [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> pg_session::Result<()> {
    /// let store = pg_session::PgStore::builder("postgres://app@localhost/app").subject("user.id").build()?;
    /// println!("user 7 is logged in {} times", store.sessions_of("7").await?.len());
    /// # Ok(()) }
    /// ```
    pub async fn sessions_of(&self, subject: &str) -> Result<Vec<Session>> {
        ops::sessions_of(self.core(), subject).await
    }

    /// Deletes the sessions of a subject, as [`sessions_of`](Self::sessions_of) finds them, in one statement. Returns how many
    /// lived. `except` is an id to keep: "log out everywhere else".
    ///
    /// # Errors
    /// `Configuration`: the option [`subject`](crate::PgStoreBuilder::subject) is not set. Otherwise see [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore, current_id: &str) -> pg_session::Result<()> {
    /// let logged_out = store.destroy_sessions_of("7", Some(current_id)).await?;
    /// # Ok(()) }
    /// ```
    pub async fn destroy_sessions_of(&self, subject: &str, except: Option<&str>) -> Result<u64> {
        ops::destroy_sessions_of(self.core(), subject, except).await
    }

    /// Returns all live sessions, in the order of their ids. They are read in pages, so they are no snapshot of one moment.
    ///
    /// # Errors
    /// See [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore) -> pg_session::Result<()> {
    /// for session in store.all().await? {
    ///     println!("{}", session.json());
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn all(&self) -> Result<Vec<Session>> {
        ops::all(self.core()).await
    }

    /// Returns how many sessions live. Reads the whole table.
    ///
    /// # Errors
    /// See [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore) -> pg_session::Result<()> {
    /// println!("{} sessions", store.count().await?);
    /// # Ok(()) }
    /// ```
    pub async fn count(&self) -> Result<u64> {
        ops::count(self.core()).await
    }

    /// Deletes all sessions, in small slices: everybody is logged out. A session that is created meanwhile may stay.
    ///
    /// # Errors
    /// See [`PgStore`]. If it fails halfway, some sessions are deleted.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore) -> pg_session::Result<()> {
    /// store.clear().await?;
    /// # Ok(()) }
    /// ```
    pub async fn clear(&self) -> Result<()> {
        ops::clear(self.core()).await
    }

    /// Deletes the expired sessions in small slices, and returns how many. Stops early if another process sweeps the table.
    ///
    /// The store does this by itself every [`cleanup_interval`](crate::PgStoreBuilder::cleanup_interval).
    ///
    /// # Errors
    /// The first error of a slice; the following slices were swept nevertheless. Otherwise see [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore) -> pg_session::Result<()> {
    /// println!("deleted {} expired sessions", store.sweep().await?);
    /// # Ok(()) }
    /// ```
    pub async fn sweep(&self) -> Result<u64> {
        ops::sweep(self.core()).await
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
    /// Checks the options and creates the store. Connects to nothing: [`PgStore::setup`] does.
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
