//! The store: one line a verb.

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

/// Sessions in a PostgreSQL table. Cheap to clone: clones are handles to one store.
///
/// The clock is the database's, always. Ids are strings of 1 to [`MAX_ID_BYTES`](crate::MAX_ID_BYTES) bytes without
/// NUL. A time to live is a [`Duration`], or `None` for the option [`ttl`](crate::PgStoreBuilder::ttl); zero makes the session
/// expired at once, and over [`MAX_TTL`](crate::MAX_TTL) is an error.
///
/// When a verb has returned, every later call through any process sees its effect. Of a call that was dropped, or
/// whose error says so, it is unknown whether it took effect. A write whose connection was lost before it was answered is
/// not sent again, unless it certainly did not run: it could undo what others have done since.
///
/// # Errors
/// Every verb may fail with `Setup` (the table is missing, or has changed and no longer fits), `InvalidInput`
/// (an argument out of its range), `Unavailable` and `Database`: see [`ErrorKind`](crate::ErrorKind).
#[derive(Clone)]
pub struct PgStore {
    core: Arc<Core>,
}

impl PgStore {
    /// A store with the default options. `connection` is a connection string as libpq takes it, a URL or key=value
    /// pairs, or a [`Client`](crate::Client) of the application's own. Connects to nothing yet.
    ///
    /// # Errors
    /// `Configuration`: the connection string cannot be used; the message says why.
    pub fn new(connection: impl Into<ConnectTo>) -> Result<Self> {
        Self::builder(connection).build()
    }

    /// Sets options first. `connection` as for [`new`](Self::new).
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

    /// Finds or creates the table, checks that it fits, and starts the sweeper on the current tokio runtime.
    ///
    /// Idempotent, and safe when many processes start at once. Needs no right to create where the table exists.
    /// A verb called meanwhile waits for it. A failure is not remembered: the next verb tries again by itself. Where this
    /// is never called, the first verb does it.
    ///
    /// Where the table changes later, the store looks at it again by itself, and no call fails as long as it fits. A table
    /// that was found and is gone is an error of every call until it is back: nothing but another call of this creates an
    /// empty one in its place.
    ///
    /// # Errors
    /// `Setup`: the table is missing and may not be created, or does not fit; the message lists everything.
    /// `Configuration` and `Unavailable`: there is no getting to the database.
    pub async fn setup(&self) -> Result<()> {
        ops::setup(self.core()).await
    }

    /// The live session, or none. Never an expired one, whether swept or not. Never writes.
    ///
    /// # Errors
    /// See [`PgStore`].
    pub async fn get(&self, id: &str) -> Result<Option<Session>> {
        ops::get(self.core(), id).await
    }

    /// Inserts or replaces the session. Any number at once on one id all succeed; the last one stands.
    ///
    /// # Errors
    /// `TooLarge`: the data is over `max_size`; nothing was sent. Else see [`PgStore`].
    pub async fn set(
        &self,
        id: &str,
        data: &(impl Serialize + ?Sized),
        ttl: impl Into<Option<Duration>>,
    ) -> Result<()> {
        ops::set(self.core(), id, self.encode(data)?, ttl.into()).await
    }

    /// Inserts the session unless a live one has that id.
    ///
    /// # Errors
    /// `TooLarge`: the data is over `max_size`; nothing was sent. Else see [`PgStore`].
    pub async fn create(
        &self,
        id: &str,
        data: &(impl Serialize + ?Sized),
        ttl: impl Into<Option<Duration>>,
    ) -> Result<Created> {
        ops::create(self.core(), id, self.encode(data)?, ttl.into()).await
    }

    /// Replaces the data of a session that [`get`](Self::get) has found, together with what others have changed since.
    /// Never inserts: once a session is destroyed, no update brings it back.
    ///
    /// What only one side changed since `base` is as that side has it. Objects that both changed merge by key, all the
    /// way down. Of arrays and of everything else that both changed, the later update stands. What one side removed
    /// stays so, whatever the other changed inside; so does what was an object and is replaced by something else.
    /// Values nested deeper than 127 levels are replaced, not merged. A later expiry alone is no change.
    ///
    /// A change is what a reader of `base` could tell apart. What `data` holds as [`decode`](Session::decode) reads it
    /// from `base` keeps its stored text, to the byte: an integer that was rounded to a double, and whatever was replaced
    /// to be readable. Numbers of another type (`1` for `1.0`) are a change, but where others have changed an integer
    /// meanwhile, `data` that has only made a double of it (`1.0` of `1`, as a field of type `f64` does) gives way.
    ///
    /// Data without a change is not written; that is a [`touch`](Self::touch).
    ///
    /// # Errors
    /// `TooLarge`: the data is over `max_size`, by itself or together with what others changed. `Conflict`: others
    /// changed the session again and again, for as long as `timeout`. Nothing was written, in both cases. Else see
    /// [`PgStore`].
    pub async fn update(
        &self,
        base: &Session,
        data: &(impl Serialize + ?Sized),
        ttl: impl Into<Option<Duration>>,
    ) -> Result<Updated> {
        ops::update(self.core(), base, self.encode(data)?, ttl.into()).await
    }

    /// Moves the expiry, and answers whether the session lives. Never inserts. Writes nothing while the stored expiry
    /// is within `touch_every` of the new one. Does not wait for the disk, nor for a standby, unless the session ends
    /// sooner by it: a crash of the server may take the touches of the last instants back (three times its
    /// `wal_writer_delay`, so 0.6 seconds unless that is set), and a failover those that had not got to the standby.
    ///
    /// # Errors
    /// See [`PgStore`].
    pub async fn touch(&self, id: &str, ttl: impl Into<Option<Duration>>) -> Result<bool> {
        ops::touch(self.core(), id, ttl.into()).await
    }

    /// Deletes the session, and answers whether there was a live one.
    ///
    /// # Errors
    /// See [`PgStore`].
    pub async fn destroy(&self, id: &str) -> Result<bool> {
        ops::destroy(self.core(), id).await
    }

    /// Deletes the session, and answers it as it was, in one atomic statement. Of several calls at once, one gets it.
    ///
    /// For a framework that gives a session a new id by a destroy and a later [`set`](Self::set): so nothing is lost of
    /// what others saved meanwhile. Else [`rotate`](Self::rotate) is for that.
    ///
    /// # Errors
    /// See [`PgStore`].
    pub async fn take(&self, id: &str) -> Result<Option<Session>> {
        ops::take(self.core(), id).await
    }

    /// Stores what a request has made of a session under a new id, after a [`take`](Self::take) of the old one, in one atomic
    /// statement. Returns whether there was anything to store. With [`max_age`](crate::PgStoreBuilder::max_age) it keeps its age.
    ///
    /// What others changed between the load and the `take` merges with `data` as in an [`update`](Self::update). Data that has
    /// no key of the old session is stored as it is. If another request had ended the session, only what this one added
    /// itself is stored, if anything.
    ///
    /// # Errors
    /// `TooLarge`: the data is over `max_size`, by itself or together with what others changed. Else see [`PgStore`].
    pub async fn renew(
        &self,
        id: &str,
        renewal: &Renewal<'_>,
        data: &(impl Serialize + ?Sized),
        ttl: impl Into<Option<Duration>>,
    ) -> Result<bool> {
        ops::renew(self.core(), id, renewal, self.encode(data)?, ttl.into()).await
    }

    /// Gives the session a new id, in one atomic statement; data and expiry stay. Of several calls at once one wins, and
    /// the old id is dead. Never overwrites a live session.
    ///
    /// For every login: who knew the id before it should not know the id of a session with a user in it
    /// ([session fixation](https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html#renew-the-session-id-after-any-privilege-level-change)).
    ///
    /// # Errors
    /// See [`PgStore`].
    pub async fn rotate(&self, old: &str, new: &str) -> Result<Rotated> {
        ops::rotate(self.core(), old, new).await
    }

    /// The live sessions whose data has this value at the path of the option [`subject`](crate::PgStoreBuilder::subject), the
    /// one that lives longest first. A text is compared as it is, anything else as JSON: `7`, `true`.
    ///
    /// # Errors
    /// `Configuration`: the option is not given. Else see [`PgStore`].
    pub async fn sessions_of(&self, subject: &str) -> Result<Vec<Session>> {
        ops::sessions_of(self.core(), subject).await
    }

    /// Deletes the sessions of this subject, as [`sessions_of`](Self::sessions_of) finds them, but for the id `except`:
    /// "log out everywhere else". One statement. Answers how many lived.
    ///
    /// # Errors
    /// `Configuration`: the option [`subject`](crate::PgStoreBuilder::subject) is not given. Else see [`PgStore`].
    pub async fn destroy_sessions_of(&self, subject: &str, except: Option<&str>) -> Result<u64> {
        ops::destroy_sessions_of(self.core(), subject, except).await
    }

    /// All live sessions, in the order of their ids, read by pages of the key: not one moment's picture, while sessions
    /// come and go.
    ///
    /// # Errors
    /// See [`PgStore`].
    pub async fn all(&self) -> Result<Vec<Session>> {
        ops::all(self.core()).await
    }

    /// How many sessions live. Reads the whole table.
    ///
    /// # Errors
    /// See [`PgStore`].
    pub async fn count(&self) -> Result<u64> {
        ops::count(self.core()).await
    }

    /// Deletes all sessions, in small slices: everybody is logged out. One that is made meanwhile may stay.
    ///
    /// # Errors
    /// See [`PgStore`]. Of a clear that failed halfway, some sessions are gone.
    pub async fn clear(&self) -> Result<()> {
        ops::clear(self.core()).await
    }

    /// Deletes the expired sessions in small slices, and answers how many. Gives way, with what it has done so far,
    /// to another process that sweeps the same table.
    ///
    /// # Errors
    /// The first that a slice met; the slices after it were swept all the same. Else see [`PgStore`].
    pub async fn sweep(&self) -> Result<u64> {
        ops::sweep(self.core()).await
    }

    /// Stops the sweeper, lets what is under way finish, and closes the store's own connections, never the caller's.
    /// Idempotent. Later calls fail with `Unavailable`.
    pub async fn close(&self) {
        self.core.close().await;
    }
}

impl PgStoreBuilder {
    /// Checks the options and creates the store. Connects to nothing: [`PgStore::setup`] does.
    ///
    /// # Errors
    /// `Configuration`: the connection string or an option cannot be used. The message names it and says why.
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
