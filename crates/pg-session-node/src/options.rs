//! The options as `options.js` has checked them.

use std::time::Duration;

use napi_derive::napi;
use pg_session::{Error, PgStoreBuilder};

/// Every option has a value here; times are in milliseconds.
#[napi(object, object_to_js = false)]
pub struct Options {
    /// Of the table.
    pub schema: String,
    /// The table.
    pub table: String,
    /// Of the id.
    pub id_column: String,
    /// Of the expiry.
    pub expiry_column: String,
    /// Of the data.
    pub data_column: String,
    /// Whether `setup` may create the table.
    pub create: bool,
    /// Between two sweeps; zero for none.
    pub cleanup_time: f64,
    /// Of a session where a call gives none.
    pub ttl: f64,
    /// In bytes.
    pub max_size: f64,
    /// How far a stored expiry may lag behind; left out, the engine decides.
    pub touch_every: Option<f64>,
    /// How long a session lives at most.
    pub max_age: Option<f64>,
    /// The path in the data to whose session it is.
    pub subject: Option<String>,
    /// Of one statement.
    pub timeout: f64,
    /// Of the store's own.
    pub connections: f64,
    /// Calls, for those connections.
    pub max_waiting: f64,
    /// Whether statements are prepared.
    pub prepare: bool,
}

impl Options {
    pub(crate) fn apply(self, builder: PgStoreBuilder) -> PgStoreBuilder {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates, and build() checks")]
        let mut builder = builder
            .schema(self.schema)
            .table(self.table)
            .id_column(self.id_column)
            .expiry_column(self.expiry_column)
            .data_column(self.data_column)
            .create(self.create)
            .cleanup_interval(duration(self.cleanup_time))
            .ttl(duration(self.ttl))
            .max_size(self.max_size as usize)
            .timeout(duration(self.timeout))
            .connections(self.connections as usize)
            .max_waiting(self.max_waiting as usize)
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

/// What the engine calls options in its messages, and what they are called in JavaScript.
const NAMES: [(&str, &str); 9] = [
    ("id_column", "idColumn"),
    ("expiry_column", "expiryColumn"),
    ("data_column", "dataColumn"),
    ("cleanup_interval", "cleanupTime"),
    ("max_size", "maxSize"),
    ("touch_every", "touchEvery"),
    ("max_age", "maxAge"),
    ("max_waiting", "maxWaiting"),
    ("MAX_TTL", "315360000000000 ms"),
];

/// The engine's message in the words of JavaScript.
pub(crate) fn in_words_of_node(error: &Error) -> String {
    let message = error.to_string();
    // What PostgreSQL says may hold names of the application's.
    if error.sqlstate().is_some() {
        return message;
    }
    NAMES.iter().fold(message, |message, (rust, node)| message.replace(rust, node))
}

/// Milliseconds as JavaScript has them: what is below zero is zero, and what is too much is for the engine to refuse.
pub(crate) fn duration(milliseconds: f64) -> Duration {
    Duration::try_from_secs_f64(milliseconds.max(0.0) / 1000.0).unwrap_or(Duration::MAX)
}
