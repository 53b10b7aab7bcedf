//! What can be set, the defaults, and the checks.

use std::fmt;
use std::time::Duration;

use crate::backend::{ConnectTo, LaneOptions};
use crate::error::{Error, Result};
use crate::session::{DEFAULT_TTL, MAX_TTL};
use crate::store::PgStore;
use crate::subject::Subject;
use crate::table::Table;

const LARGEST_MAX_SIZE: usize = 256 * 1024 * 1024;

/// The longest message that a server may send, in bytes: a row with data of `max_size`, which `jsonb` writes longer (`1e308`
/// with all its digits), or with what others have stored in the table.
const LEAST_MAX_MESSAGE: usize = 64 * 1024 * 1024;
const MAX_MESSAGE_PER_SIZE: usize = 64;

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) table: Table,
    pub(crate) create: bool,
    pub(crate) ttl: Duration,
    pub(crate) cleanup_interval: Duration,
    pub(crate) max_size: usize,
    pub(crate) touch_every: Option<Duration>,
    pub(crate) lanes: LaneOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            table: Table::default(),
            create: true,
            ttl: DEFAULT_TTL,
            cleanup_interval: Duration::from_secs(45 * 60),
            max_size: 1024 * 1024,
            touch_every: None,
            lanes: LaneOptions {
                connections: 2,
                max_waiting: 10_000,
                prepare: true,
                timeout: Duration::from_secs(5),
                max_message: LEAST_MAX_MESSAGE,
            },
        }
    }
}

/// Sets options, then makes a [`PgStore`]. From [`PgStore::builder`].
#[must_use = "a builder does nothing until build()"]
pub struct PgStoreBuilder {
    connection: ConnectTo,
    options: Options,
}

impl PgStoreBuilder {
    pub(crate) fn new(connection: ConnectTo) -> Self {
        Self { connection, options: Options::default() }
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
        self.options.lanes.timeout = timeout;
        self
    }

    /// The connections of the store's own, each opened when it is needed. Default: 2. Range: 1 to 64.
    /// A few are enough: calls of one kind keep two of them busy at most. The others serve other kinds, and go on where
    /// one waits for a lock.
    pub fn connections(mut self, number: usize) -> Self {
        self.options.lanes.connections = number;
        self
    }

    /// How many calls may wait for the connections of the store's own; more fail at once with
    /// [`Overloaded`](crate::ErrorKind::Overloaded). Default: 10,000. More than zero.
    pub fn max_waiting(mut self, calls: usize) -> Self {
        self.options.lanes.max_waiting = calls;
        self
    }

    /// Whether statements are prepared on the connections of the store's own. Default: true. A transaction pooler
    /// such as PgBouncer does not go with it; the store finds that out by itself, and no call fails for it.
    pub fn prepare(mut self, prepare: bool) -> Self {
        self.options.lanes.prepare = prepare;
        self
    }

    /// Checks everything and makes the store. Connects to nothing: that is for [`PgStore::setup`].
    ///
    /// # Errors
    /// `Configuration`: the connection string or an option cannot be used; the message says which and why.
    pub fn build(mut self) -> Result<PgStore> {
        self.options.table.check()?;
        if !(1..=LARGEST_MAX_SIZE).contains(&self.options.max_size) {
            return Err(Error::configuration(format!("the limit must be 1 to {LARGEST_MAX_SIZE} bytes"))
                .about_option("max_size"));
        }
        let LaneOptions { connections, max_waiting, timeout, .. } = self.options.lanes;
        if !(1..=64).contains(&connections) {
            return Err(Error::configuration("the number must be 1 to 64").about_option("connections"));
        }
        if max_waiting == 0 {
            return Err(Error::configuration("the limit must be more than zero").about_option("max_waiting"));
        }
        let durations = [
            ("cleanup_interval", self.options.cleanup_interval),
            ("touch_every", self.options.touch_every.unwrap_or_default()),
            ("timeout", timeout),
            ("max_age", self.options.table.max_age.unwrap_or(MAX_TTL)),
            ("ttl", self.options.ttl),
        ];
        for (option, duration) in durations {
            if duration > MAX_TTL {
                return Err(Error::configuration("the duration must be at most 10,000 years").about_option(option));
            }
            if duration.is_zero() && matches!(option, "timeout" | "max_age" | "ttl") {
                return Err(Error::configuration("the duration must be more than zero").about_option(option));
            }
        }
        self.options.lanes.max_message = LEAST_MAX_MESSAGE.max(self.options.max_size * MAX_MESSAGE_PER_SIZE);
        let backend = self.connection.into_backend(&self.options.lanes)?;
        Ok(PgStore::from_parts(self.options, backend))
    }
}

impl fmt::Debug for PgStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgStoreBuilder").field("options", &self.options).finish_non_exhaustive()
    }
}
