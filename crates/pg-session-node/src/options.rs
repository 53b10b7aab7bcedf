//! The options, whose types `lib/options.js` has checked.

use std::time::Duration;

use napi_derive::napi;
use pg_session::{Error, PgStoreBuilder};

/// The options of a store. Times are in milliseconds.
#[napi(object, object_to_js = false)]
pub struct Options {
    /// The schema of the table.
    pub schema: String,
    /// The table.
    pub table: String,
    /// The column of the id.
    pub id_column: String,
    /// The column of the expiry.
    pub expiry_column: String,
    /// The column of the data.
    pub data_column: String,
    /// Whether `setup` may create the table.
    pub create: bool,
    /// How long `setup` waits for a database that is unavailable.
    pub wait_for_database: f64,
    /// Whether the table may belong to any role.
    pub trust_table_owner: bool,
    /// The time between two sweeps; zero turns them off.
    pub cleanup_time: f64,
    /// The time to live of a session if a call gives none.
    pub ttl: f64,
    /// The largest session, in bytes of its JSON.
    pub max_size: f64,
    /// How far a stored expiry may lag behind before a touch writes; `None` leaves it to the engine.
    pub touch_every: Option<f64>,
    /// How long a session lives at most, counted from its creation.
    pub max_age: Option<f64>,
    /// The path in the data to the user's id.
    pub subject: Option<String>,
    /// How long one statement may take, including the time in the queue.
    pub timeout: f64,
    /// The number of the store's own connections.
    pub connections: f64,
    /// How many calls may wait for those connections.
    pub max_waiting: f64,
    /// How many bytes the calls may have that were accepted and not answered.
    pub max_waiting_bytes: f64,
    /// Whether statements are prepared.
    pub prepare: bool,
}

impl Options {
    pub(crate) fn apply(self, builder: PgStoreBuilder) -> PgStoreBuilder {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the casts saturate, and build() checks the ranges"
        )]
        let mut builder = builder
            .schema(self.schema)
            .table(self.table)
            .id_column(self.id_column)
            .expiry_column(self.expiry_column)
            .data_column(self.data_column)
            .create(self.create)
            .wait_for_database(duration(self.wait_for_database))
            .trust_table_owner(self.trust_table_owner)
            .cleanup_interval(duration(self.cleanup_time))
            .ttl(duration(self.ttl))
            .max_size(self.max_size as usize)
            .timeout(duration(self.timeout))
            .connections(self.connections as usize)
            .max_waiting(self.max_waiting as usize)
            .max_waiting_bytes(self.max_waiting_bytes as usize)
            .prepare(self.prepare);
        if let Some(lag) = self.touch_every {
            builder = builder.touch_every(duration(lag));
        }
        if let Some(age) = self.max_age {
            builder = builder.max_age(duration(age));
        }
        match self.subject {
            Some(path) => builder.subject(path),
            None => builder,
        }
    }
}

/// Returns the engine's message with its causes, and with the JavaScript name of the option that it is about.
pub(crate) fn message(error: &Error) -> String {
    let mut message = error.problem().to_owned();
    if let Some(option) = error.option() {
        message += &format!(" (option `{}`)", javascript_name(option));
    }
    for option in ["id_column", "expiry_column", "data_column"] {
        message = message.replace(&format!("`{option}`"), &format!("`{}`", javascript_name(option)));
    }
    // The causes of PostgreSQL's own errors are left out: their detail may quote a session id.
    for cause in error.causes().filter(|_| error.sqlstate().is_none()) {
        message += &format!(": {cause}");
    }
    message
}

fn javascript_name(option: &str) -> &str {
    match option {
        "id_column" => "idColumn",
        "expiry_column" => "expiryColumn",
        "data_column" => "dataColumn",
        "cleanup_interval" => "cleanupTime",
        "max_size" => "maxSize",
        "trust_table_owner" => "trustTableOwner",
        "touch_every" => "touchEvery",
        "max_age" => "maxAge",
        "max_waiting" => "maxWaiting",
        "max_waiting_bytes" => "maxWaitingBytes",
        "wait_for_database" => "waitForDatabase",
        same => same,
    }
}

/// Converts milliseconds. A negative number becomes zero; the engine refuses one that is too large.
pub(crate) fn duration(milliseconds: f64) -> Duration {
    Duration::try_from_secs_f64(milliseconds.max(0.0) / 1000.0).unwrap_or(Duration::MAX)
}
