//! A session: its id, its data and its time to live. No I/O.

mod encoded;
mod handle;
mod id;
mod redacted;
mod ttl;

use std::fmt;
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::merge::{Reader, repair};
use handle::handle;
use redacted::RedactedJsonError;

pub(crate) use encoded::Encoded;
pub use id::MAX_ID_BYTES;
pub(crate) use id::{check_id, is_storable_id};
pub use ttl::{DEFAULT_TTL, MAX_TTL};
pub(crate) use ttl::{ttl_ms, whole_ms};

/// A live session, as [`PgStore::get`](crate::PgStore::get) returned it.
///
/// ```no_run
/// # async fn example(store: pg_session::PgStore) -> pg_session::Result<()> {
/// if let Some(session) = store.get("an-unguessable-id").await? {
///     let data: serde_json::Value = session.decode()?;
///     println!("{} lives for another {:?}", data["user"], session.expires_in());
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct Session {
    id: String,
    json: String,
    expires_in: Duration,
    /// When it was created, if that is known, in microseconds since 1970.
    created: Option<i64>,
    reader: Reader,
}

impl Session {
    pub(crate) fn new(id: &str, json: String, expires_in: Duration) -> Self {
        Self { id: id.to_owned(), json, expires_in, created: None, reader: Reader::default() }
    }

    /// Creates a session from an id and data that were kept elsewhere, such as in another language: the base for an
    /// [`update`](crate::PgStore::update). `json` is what [`json`](Self::json) returned, or what was saved since.
    ///
    /// Nothing is checked here. Text that never was this session's data counts as a change by others: the update merges.
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore, id: &str, loaded: &str) -> pg_session::Result<()> {
    /// use std::time::Duration;
    /// use pg_session::{Session, Updated};
    ///
    /// let base = Session::from_parts(id, loaded);
    /// let data = serde_json::json!({"user": 7, "theme": "dark"});
    /// if store.update(&base, &data, Duration::from_secs(3600)).await? == Updated::Gone {
    ///     println!("logged out in the meantime");
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn from_parts(id: &str, json: impl Into<String>) -> Self {
        Self::new(id, json.into(), Duration::ZERO)
    }

    /// Sets when the session was created, in microseconds since 1970 (UTC) by the database's clock, as
    /// [`created`](Self::created) returned it.
    ///
    /// ```
    /// use pg_session::Session;
    ///
    /// let session = Session::from_parts("an-unguessable-id", "{}").with_created(1_798_761_600_000_000);
    /// assert_eq!(session.created(), Some(1_798_761_600_000_000));
    /// ```
    #[must_use]
    pub fn with_created(mut self, created: impl Into<Option<i64>>) -> Self {
        self.created = created.into();
        self
    }

    /// Marks the session as read and written by JavaScript: `JSON.parse` has read [`json`](Self::json), and
    /// `JSON.stringify` writes the data of the [`update`](crate::PgStore::update).
    ///
    /// JavaScript reads numbers as doubles. Numbers that are the same double (`1.0` and `1`, 9007199254740993 and
    /// 9007199254740992) therefore count as equal, and the update keeps their stored text.
    ///
    /// ```
    /// use pg_session::Session;
    ///
    /// let base = Session::from_parts("an-unguessable-id", r#"{"ratio":1.0}"#).read_by_javascript();
    /// ```
    #[must_use]
    pub fn read_by_javascript(mut self) -> Self {
        self.reader = Reader::JavaScript;
        self
    }

    pub(crate) fn reader(&self) -> Reader {
        self.reader
    }

    /// Returns the id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns a public name of the session: 32 hexadecimal digits, from a hash of the id. Unlike the id, it may be shown, as
    /// in the form of a "my devices" page that ends a session with
    /// [`destroy_handle`](crate::PgStore::destroy_handle). A session that gets a new id gets a new handle.
    ///
    /// ```
    /// use pg_session::Session;
    ///
    /// let session = Session::from_parts("an-unguessable-id", "{}");
    /// assert_eq!(session.handle(), "a3d6626063cdb4fbc6515d2d7c2f642c");
    /// ```
    #[must_use]
    pub fn handle(&self) -> String {
        handle(&self.id)
    }

    /// Returns the data as it is stored: from a `json` column the text that was saved, to the byte; from a `jsonb` column
    /// an equal value, in which PostgreSQL writes numbers in full (`100` for `1e2`) and `-0` as `0`.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// Returns when the session was created, in microseconds since 1970 (UTC) by the database's clock.
    ///
    /// Only [`take`](crate::PgStore::take) returns it, and only with the option
    /// [`max_age`](crate::PgStoreBuilder::max_age): a session that is stored again under another id keeps its age with it.
    #[must_use]
    pub fn created(&self) -> Option<i64> {
        self.created
    }

    /// Returns the data as a `T`. Doubles are read exactly.
    ///
    /// Other clients may store JSON that `serde_json` refuses. It is read with replacements: U+FFFD for each lone surrogate
    /// (`"\ud800"`), and null for each number beyond the range of doubles (`1e400`) and each value nested deeper than 127
    /// levels. An [`update`](crate::PgStore::update) with data that was read so leaves the stored text as it is.
    ///
    /// # Errors
    /// `InvalidInput`: the data is not a `T`. The source names the place and the replacements.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T> {
        let invalid = |error: &serde_json::Error, replaced| {
            Error::invalid("the session's data is not of the requested type")
                .caused_by(RedactedJsonError::new(error, replaced))
        };
        serde_json::from_str(&self.json).or_else(|error| match repair(&self.json) {
            Some((repaired, trouble)) => {
                serde_json::from_str(&repaired).map_err(|error| invalid(&error, Some(trouble)))
            }
            None => Err(invalid(&error, None)),
        })
    }

    /// Returns the time to live that was left when the session was read, by the database's clock: [`MAX_TTL`] if the stored
    /// expiry is `infinity`, zero for a session made by [`from_parts`](Self::from_parts).
    #[must_use]
    pub fn expires_in(&self) -> Duration {
        self.expires_in
    }
}

/// Omits the id and the data.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("bytes", &self.json.len())
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_debug_quote_no_data() {
        let session = Session::new("the-id", r#"{"secret":"s3cret"}"#.into(), Duration::from_secs(1));
        assert!(!format!("{session:?}").contains("the-id") && !format!("{session:?}").contains("s3cret"));
        let error = session.decode::<Vec<u8>>().unwrap_err();
        let told = format!("{error} {}", std::error::Error::source(&error).unwrap());
        assert!(!told.contains("s3cret"), "{told}");
        let session = Session::new("i", r#"["s3cret\ud800"]"#.into(), Duration::ZERO);
        let error = session.decode::<u8>().unwrap_err();
        let told = format!("{error:?} {}", std::error::Error::source(&error).unwrap());
        assert!(told.contains("a lone surrogate at byte 8") && !told.contains("s3cret"), "{told}");
        let wrong = Session::new("i", r#""s3cret""#.into(), Duration::ZERO).decode::<u8>().unwrap_err();
        assert!(!format!("{wrong:?} {wrong}").contains("s3cret"), "{wrong:?}");
    }
}
