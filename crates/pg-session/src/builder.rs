//! Sets the options of a store.

use std::fmt;
use std::time::Duration;

#[cfg(feature = "native")]
use crate::backend::PasswordSource;
use crate::backend::{Backend, ConnectTo};
use crate::error::Result;
use crate::options::Options;
use crate::subject::Subject;

/// Sets the options of a [`PgStore`](crate::PgStore). [`PgStore::builder`](crate::PgStore::builder) returns one.
///
/// ```no_run
/// use std::time::Duration;
///
/// let store = pg_session::PgStore::builder("postgres://app@localhost/app")
///     .table("web_session")
///     .ttl(Duration::from_secs(24 * 3600))
///     .max_age(Duration::from_secs(30 * 24 * 3600))
///     .subject("user.id")
///     .build()?;
/// # Ok::<(), pg_session::Error>(())
/// ```
#[must_use = "a builder does nothing until build()"]
pub struct PgStoreBuilder {
    connect_to: ConnectTo,
    options: Options,
}

impl PgStoreBuilder {
    pub(crate) fn new(connect_to: ConnectTo) -> Self {
        Self { connect_to, options: Options::default() }
    }

    /// Sets the schema of the table. Default: `public`. Any name that PostgreSQL accepts, unquoted.
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.options.table.schema = name.into();
        self
    }

    /// Sets the table. Default: `session`. Any name that PostgreSQL accepts, unquoted.
    pub fn table(mut self, name: impl Into<String>) -> Self {
        self.options.table.name = name.into();
        self
    }

    /// Sets the column of the id: `text` or `varchar`. Default: `id`.
    pub fn id_column(mut self, name: impl Into<String>) -> Self {
        self.options.table.id = name.into();
        self
    }

    /// Sets the column of the expiry: `timestamptz` or `timestamp`. Default: `expiry`.
    pub fn expiry_column(mut self, name: impl Into<String>) -> Self {
        self.options.table.expiry = name.into();
        self
    }

    /// Sets the column of the data: `json` or `jsonb`. Default: `session`.
    pub fn data_column(mut self, name: impl Into<String>) -> Self {
        self.options.table.data = name.into();
        self
    }

    /// Sets the path in the data that names the user of a session, for
    /// [`sessions_of`](crate::PgStore::sessions_of) and [`destroy_sessions_of`](crate::PgStore::destroy_sessions_of).
    /// Default: none.
    ///
    /// The path consists of keys separated by dots, such as `user.id`. A dot or a backslash that belongs to a key is
    /// escaped by a backslash. A number is a key, or an index of an array.
    ///
    /// `setup` creates an index on the path if the table is empty and `create` is true. Otherwise it logs a warning with the
    /// statement to run; without the index, both operations read the whole table. With this option, a `json` column refuses
    /// what `jsonb` refuses: `\u0000` and lone surrogates.
    pub fn subject(mut self, path: impl Into<String>) -> Self {
        self.options.table.subject = Some(Subject::new(path.into()));
        self
    }

    /// Sets how long a session lives at most, however often it is touched. Default: no limit. Range: more than zero, at most
    /// [`MAX_TTL`](crate::MAX_TTL).
    ///
    /// The table then needs a column `created timestamptz DEFAULT now()`. If an existing table lacks it, the error of
    /// `setup` contains the statement that adds it. A session that is replaced keeps its age.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.options.table.max_age = Some(age);
        self
    }

    /// Sets the time to live for calls that pass none. Default: [`DEFAULT_TTL`](crate::DEFAULT_TTL), 45 minutes. Range:
    /// more than zero, at most [`MAX_TTL`](crate::MAX_TTL).
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.options.ttl = ttl;
        self
    }

    /// Sets whether `setup` creates a missing table. Default: true. If false, the store sends no DDL.
    pub fn create(mut self, create: bool) -> Self {
        self.options.create = create;
        self
    }

    /// Sets how long [`setup`](crate::PgStore::setup) waits for a database that is unavailable, for an application that may
    /// start before its database. Default: zero, so that `setup` fails at once.
    ///
    /// Until then, `setup` tries again at least once a second, beside the up to `timeout` that an attempt takes. It logs a
    /// warning when it begins to wait. Only `Unavailable` is worth waiting for: a wrong password or an unknown database fails
    /// at once. Operations never wait longer than `timeout`.
    pub fn wait_for_database(mut self, limit: Duration) -> Self {
        self.options.wait_for_database = limit;
        self
    }

    /// Sets whether the table may belong to a role that has no other claim to trust: not the store's own role, a role that it
    /// is a member of, the owner of the database or a superuser. Default: false, and `setup` refuses such a table.
    ///
    /// Triggers and other code on a table run with the privileges of those who use it. Where others can create tables in the
    /// schema, such as in `public` before PostgreSQL 15, anyone could have prepared one.
    pub fn trust_table_owner(mut self, trust: bool) -> Self {
        self.options.table.trusts_owner = trust;
        self
    }

    /// Sets the time between two sweeps in the background, varied by up to a tenth at random. Default: 45 minutes. Zero: the
    /// store does not sweep; call [`sweep`](crate::PgStore::sweep) instead.
    pub fn cleanup_interval(mut self, interval: Duration) -> Self {
        self.options.cleanup_interval = interval;
        self
    }

    /// Sets the largest data of a session, in bytes of its JSON. Default: 1 MiB. Range: 1 byte to 256 MiB.
    pub fn max_size(mut self, bytes: usize) -> Self {
        self.options.max_size = bytes;
        self.options.backend.allow_data(bytes);
        self
    }

    /// Sets how far a stored expiry may lag behind before [`touch`](crate::PgStore::touch) writes. Default: a twentieth of the
    /// time to live. Zero: every touch writes.
    pub fn touch_every(mut self, lag: Duration) -> Self {
        self.options.touch_every = Some(lag);
        self
    }

    /// Sets the time limit of one call, including the wait for a connection. Default: 5 seconds. Range: more than zero.
    ///
    /// An update that merges may take a tenth longer. [`all`](crate::PgStore::all), [`clear`](crate::PgStore::clear) and
    /// [`sweep`](crate::PgStore::sweep) work in slices, each of which has this limit.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.backend.timeout = timeout;
        self
    }

    /// Sets the number of the store's own connections, which are opened when they are needed. Default: 2. Range: 1 to 64.
    ///
    /// A few are enough: calls of one kind use at most two. Further connections serve other kinds. While all of them wait, for a
    /// server that does not answer or for locks of other transactions, the store opens one more.
    #[cfg(feature = "native")]
    pub fn connections(mut self, number: usize) -> Self {
        self.options.backend.connections = number;
        self
    }

    /// Sets how many calls may wait for the store's own connections. Further calls fail at once with
    /// [`Overloaded`](crate::ErrorKind::Overloaded). Default: 10,000. Range: more than zero.
    #[cfg(feature = "native")]
    pub fn max_waiting(mut self, calls: usize) -> Self {
        self.options.backend.max_waiting = calls;
        self
    }

    /// Sets how many bytes the calls may have that were accepted and not answered, over the store's own connections or the
    /// application's client. Further calls fail at once with [`Overloaded`](crate::ErrorKind::Overloaded). Default: 64 MiB.
    /// Range: more than zero.
    ///
    /// The bytes are those of ids and data. A call counts as half of the limit at most, so that data of `max_size` is
    /// always accepted while little waits. The calls that wait for one session have at most an eighth of this limit and
    /// of `max_waiting`, but always 16 places.
    pub fn max_waiting_bytes(mut self, bytes: usize) -> Self {
        self.options.backend.max_waiting_bytes = bytes;
        self
    }

    /// Sets whether statements are prepared on the store's own connections. Default: true. Behind a transaction pooler such as
    /// PgBouncer, the store detects that prepared statements do not persist, and stops preparing them without failing a call. It
    /// then sends one request at a time on each connection.
    #[cfg(feature = "native")]
    pub fn prepare(mut self, prepare: bool) -> Self {
        self.options.backend.prepare = prepare;
        self
    }

    /// Sets a function that returns the password for each login of the store's own connections, such as a token of a cloud's
    /// identity service. Default: none; the connection string contains the password.
    ///
    /// The function is called whenever the store opens a connection. It may take as long as `connect_timeout` of the
    /// connection string allows. If it fails, the store tries again as if PostgreSQL could not be reached.
    ///
    /// ```no_run
    /// # async fn token_of_the_cloud() -> Result<String, std::io::Error> { Ok(String::new()) }
    /// let store = pg_session::PgStore::builder("postgres://app@db.example.org/app?sslmode=require")
    ///     .password(|| async { token_of_the_cloud().await })
    ///     .build()?;
    /// # Ok::<(), pg_session::Error>(())
    /// ```
    #[cfg(feature = "native")]
    pub fn password<F, Fut, E>(mut self, password: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<String, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.options.backend.password = Some(PasswordSource::new(password));
        self
    }

    /// Returns the checked options, and the backend for them.
    pub(crate) fn into_parts(self) -> Result<(Options, Backend)> {
        let Self { connect_to, options } = self;
        options.check()?;
        let backend = connect_to.into_backend(&options.backend)?;
        Ok((options, backend))
    }
}

impl fmt::Debug for PgStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgStoreBuilder").field("options", &self.options).finish_non_exhaustive()
    }
}
