//! Sets the options of a store.

use std::fmt;
use std::time::Duration;

use crate::backend::{Backend, ConnectTo};
use crate::error::Result;
use crate::options::Options;
use crate::subject::Subject;

/// Sets options, then makes a [`PgStore`]. From [`PgStore::builder`].
#[must_use = "a builder does nothing until build()"]
pub struct PgStoreBuilder {
    connect_to: ConnectTo,
    options: Options,
}

impl PgStoreBuilder {
    pub(crate) fn new(connect_to: ConnectTo) -> Self {
        Self { connect_to, options: Options::default() }
    }

    /// The schema of the table. Default: `public`. Any name that PostgreSQL takes, written as it is, unquoted.
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.options.table.schema = name.into();
        self
    }

    /// The table. Default: `session`. Any name that PostgreSQL takes, written as it is, unquoted.
    pub fn table(mut self, name: impl Into<String>) -> Self {
        self.options.table.name = name.into();
        self
    }

    /// The column of the id, `text` or `varchar`. Default: `id`.
    pub fn id_column(mut self, name: impl Into<String>) -> Self {
        self.options.table.id = name.into();
        self
    }

    /// The column of the expiry, `timestamptz` or `timestamp`. Default: `expiry`.
    pub fn expiry_column(mut self, name: impl Into<String>) -> Self {
        self.options.table.expiry = name.into();
        self
    }

    /// The column of the data, `json` or `jsonb`. Default: `session`.
    pub fn data_column(mut self, name: impl Into<String>) -> Self {
        self.options.table.data = name.into();
        self
    }

    /// The path in the data that names whose session it is, for [`PgStore::sessions_of`] and
    /// [`PgStore::destroy_sessions_of`]. Default: none. Keys with dots between them, such as `user.id`; a dot that
    /// belongs to a key has a backslash before it, and so has a backslash. A number is a key, or a place in an array.
    ///
    /// `setup` creates an index on the path while the table is empty and `create` is true. Else it logs a warning with
    /// the statement that creates it, and does without: both verbs then read the whole table. Where this option is in
    /// use, a `json` column refuses what `jsonb` refuses: `\u0000` and lone surrogates.
    pub fn subject(mut self, path: impl Into<String>) -> Self {
        self.options.table.subject = Some(Subject::new(path.into()));
        self
    }

    /// How long a session lives at most, however often it is touched. Default: no such limit. More than zero, and at
    /// most [`MAX_TTL`].
    ///
    /// For it the table has a column `created timestamptz DEFAULT now()`. Where a table that exists has none, `setup`
    /// fails, and its error has the statement that adds it. A session that is replaced keeps its age.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.options.table.max_age = Some(age);
        self
    }

    /// The time to live of a session where a call gives none. Default: [`DEFAULT_TTL`], 45 minutes. More than zero, and at
    /// most [`MAX_TTL`].
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.options.ttl = ttl;
        self
    }

    /// Whether `setup` creates the table where there is none. Default: true. If false, no DDL is ever sent.
    pub fn create(mut self, create: bool) -> Self {
        self.options.create = create;
        self
    }

    /// The time between two sweeps in the background, give or take a tenth. Default: 45 minutes.
    /// Zero: none; call [`PgStore::sweep`] yourself.
    pub fn cleanup_interval(mut self, interval: Duration) -> Self {
        self.options.cleanup_interval = interval;
        self
    }

    /// The largest data, in bytes of its JSON. Default: 1 MiB. Range: 1 byte to 256 MiB.
    pub fn max_size(mut self, bytes: usize) -> Self {
        self.options.max_size = bytes;
        #[cfg(feature = "native")]
        self.options.backend.allow_data(bytes);
        self
    }

    /// How far a stored expiry may lag behind before [`PgStore::touch`] writes. Default: a twentieth of the ttl.
    /// Zero writes always.
    pub fn touch_every(mut self, lag: Duration) -> Self {
        self.options.touch_every = Some(lag);
        self
    }

    /// The longest that one statement may take, waiting included. Default: 5 seconds. More than zero.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.backend.timeout = timeout;
        self
    }

    /// The connections of the store's own, each opened when it is needed. Default: 2. Range: 1 to 64.
    /// A few are enough: calls of one kind keep two of them busy at most. The others serve other kinds, and go on where
    /// one waits for a lock.
    #[cfg(feature = "native")]
    pub fn connections(mut self, number: usize) -> Self {
        self.options.backend.connections = number;
        self
    }

    /// How many calls may wait for the connections of the store's own; more fail at once with
    /// [`Overloaded`](crate::ErrorKind::Overloaded). Default: 10,000. More than zero.
    #[cfg(feature = "native")]
    pub fn max_waiting(mut self, calls: usize) -> Self {
        self.options.backend.max_waiting = calls;
        self
    }

    /// Whether statements are prepared on the connections of the store's own. Default: true. A transaction pooler
    /// such as PgBouncer does not go with it; the store finds that out by itself, and no call fails for it.
    #[cfg(feature = "native")]
    pub fn prepare(mut self, prepare: bool) -> Self {
        self.options.backend.prepare = prepare;
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
