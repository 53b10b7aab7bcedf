//! A session, and what may be one: id, data and time to live. No I/O.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};

use crate::error::{Error, ErrorKind, Result};
use crate::merge::{Reader, Trouble, repair};

/// The time to live where none is given, unless [`ttl`](crate::PgStoreBuilder::ttl) is set: 45 minutes, as in koa-pg-session.
pub const DEFAULT_TTL: Duration = Duration::from_secs(45 * 60);

/// The longest time to live: 10,000 years of 365 days.
pub const MAX_TTL: Duration = Duration::from_secs(10_000 * 365 * 24 * 60 * 60);

/// The longest id, in bytes.
pub const MAX_ID_BYTES: usize = 1024;

/// Room for most sessions, in bytes.
const USUAL_SIZE: usize = 512;

/// A second ago, and not now: a column that rounds to seconds must hold it as past too.
const EXPIRED_MS: i64 = -1_000;

/// A live session, as [`PgStore::get`](crate::PgStore::get) found it, or as it is [`known`](Self::from_parts).
#[derive(Clone, Eq, PartialEq)]
pub struct Session {
    id: String,
    json: String,
    expires_in: Duration,
    /// When it was created, in microseconds since 1970, where that is known.
    created: Option<i64>,
    reader: Reader,
}

impl Session {
    pub(crate) fn new(id: &str, json: String, expires_in: Duration) -> Self {
        Self { id: id.to_owned(), json, expires_in, created: None, reader: Reader::default() }
    }

    /// The same session, created so many microseconds after 1970 (UTC), by the database's clock: as
    /// [`created`](Self::created) told of it.
    #[must_use]
    pub fn with_created(mut self, created: Option<i64>) -> Self {
        self.created = created;
        self
    }

    /// A session whose id and data were kept elsewhere, such as in another language: the base for an
    /// [`update`](crate::PgStore::update). `json` is what [`json`](Self::json) told, or what was saved since.
    ///
    /// Nothing is checked here. Text that never was this session's data counts as a change by others: the update merges.
    #[must_use]
    pub fn from_parts(id: &str, json: impl Into<String>) -> Self {
        Self::new(id, json.into(), Duration::ZERO)
    }

    /// Returns the same session for an [`update`](crate::PgStore::update) whose data comes from JavaScript:
    /// `JSON.parse` has read [`json`](Self::json), and `JSON.stringify` has written the data. There, numbers that are the
    /// same double are the same (`1.0` and `1`, 9007199254740993 and 9007199254740992), so that they are no change.
    #[must_use]
    pub fn read_by_javascript(mut self) -> Self {
        self.reader = Reader::JavaScript;
        self
    }

    pub(crate) fn reader(&self) -> Reader {
        self.reader
    }

    /// The id that it was asked for by.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the data as it is stored: from a `json` column the text that was saved, to the byte; from a `jsonb` column
    /// an equal value, in which PostgreSQL writes numbers in full (`100` for `1e2`) and `-0` as `0`.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// When the session was created, in microseconds since 1970 (UTC), by the database's clock. Only
    /// [`take`](crate::PgStore::take) tells it, and only with the option [`max_age`](crate::PgStoreBuilder::max_age): a session that
    /// is stored again under another id keeps its age by it.
    #[must_use]
    pub fn created(&self) -> Option<i64> {
        self.created
    }

    /// Returns the data as a `T`. Doubles are read exactly.
    ///
    /// Other clients may store JSON that `serde_json` refuses. There, U+FFFD is read for each lone surrogate (`"\ud800"`),
    /// and null for each number beyond the range of doubles (`1e400`) and for each value nested deeper than 127 levels.
    /// An [`update`](crate::PgStore::update) with what was read so leaves the stored text as it is.
    ///
    /// # Errors
    /// `InvalidInput`: the data is no `T`. The source names the place, and what had to be replaced.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T> {
        let failed = |error: serde_json::Error, replaced| {
            let source = Quiet { replaced, ..Quiet::from(error) };
            Error::invalid("the session's data is not of the type asked for").caused_by(source)
        };
        serde_json::from_str(&self.json).or_else(|error| match repair(&self.json) {
            Some((repaired, trouble)) => serde_json::from_str(&repaired).map_err(|error| failed(error, Some(trouble))),
            None => Err(failed(error, None)),
        })
    }

    /// The time left when it was read, by the database's clock. [`MAX_TTL`] where the stored expiry is `infinity`, and
    /// zero of one that is merely [`known`](Self::from_parts).
    #[must_use]
    pub fn expires_in(&self) -> Duration {
        self.expires_in
    }
}

/// Shows neither id nor data.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("bytes", &self.json.len()).field("expires_in", &self.expires_in).finish()
    }
}

/// A JSON error told by kind and place alone, for its text may quote the data.
#[derive(Debug)]
struct Quiet {
    category: serde_json::error::Category,
    line: usize,
    column: usize,
    /// What `serde_json` cannot read, so that something else was read in its place.
    replaced: Option<Trouble>,
}

impl From<serde_json::Error> for Quiet {
    fn from(error: serde_json::Error) -> Self {
        Self { category: error.classify(), line: error.line(), column: error.column(), replaced: None }
    }
}

impl fmt::Display for Quiet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} error at line {} column {}", self.category, self.line, self.column)?;
        self.replaced.map_or(Ok(()), |trouble| write!(f, "; the data has {trouble}"))
    }
}

impl std::error::Error for Quiet {}

pub(crate) fn check_id(id: &str) -> Result<()> {
    if id.is_empty() {
        return Err(Error::invalid("the session id is empty; give it 1 to 1024 bytes"));
    }
    if id.len() > MAX_ID_BYTES {
        return Err(Error::invalid(format!("the session id has {} bytes; at most {MAX_ID_BYTES} fit", id.len())));
    }
    if id.contains('\0') {
        return Err(Error::invalid("the session id has a NUL character, which PostgreSQL's text cannot hold"));
    }
    Ok(())
}

/// The data as JSON text.
pub(crate) fn encode(data: &(impl Serialize + ?Sized), max_size: usize) -> Result<String> {
    let mut json = Vec::with_capacity(USUAL_SIZE);
    serde_json::to_writer(&mut json, data).map_err(no_json)?;
    let json = String::from_utf8(json)
        .map_err(|error| Error::invalid("the session's data is not UTF-8").caused_by(error.utf8_error()))?;
    check_size(&json, max_size)?;
    Ok(json)
}

/// The data as JSON text to hand on.
pub(crate) fn to_json(data: &(impl Serialize + ?Sized)) -> Result<Box<RawValue>> {
    to_raw_value(data).map_err(no_json)
}

/// JSON text to hand on.
pub(crate) fn raw_json(json: String) -> Result<Box<RawValue>> {
    RawValue::from_string(json).map_err(no_json)
}

fn no_json(error: serde_json::Error) -> Error {
    Error::invalid("the session's data cannot be written as JSON").caused_by(Quiet::from(error))
}

fn check_size(json: &str, max_size: usize) -> Result<()> {
    if json.len() > max_size {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!(
                "the session's data has {} bytes, and the limit is {max_size}; store less, or raise it",
                json.len()
            ),
        )
        .about_option("max_size"));
    }
    Ok(())
}

/// Checks what was merged with stored data. That may be over the limit by itself, and is no reason to refuse a change of it:
/// `jsonb` writes spaces and all digits.
pub(crate) fn check_merged_size(json: &str, stored: &str, max_size: usize) -> Result<()> {
    if stored.len() > max_size { Ok(()) } else { check_size(json, max_size) }
}

/// The time to live in milliseconds, as statements take it.
pub(crate) fn ttl_ms(ttl: Duration) -> Result<i64> {
    if ttl.is_zero() {
        return Ok(EXPIRED_MS);
    }
    if ttl > MAX_TTL {
        return Err(Error::invalid("the time to live must be at most 10,000 years"));
    }
    Ok(whole_ms(ttl))
}

/// Rounded up, so that what is more than nothing stays so.
pub(crate) fn whole_ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_1_to_1024_bytes_without_nul() {
        for id in ["a", "ä\u{1F600}", &"x".repeat(1024)] {
            check_id(id).unwrap();
        }
        for id in ["", "a\0b", &"x".repeat(1025), &"ä".repeat(513)] {
            assert_eq!(check_id(id).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn a_ttl_is_never_absurd() {
        assert_eq!(ttl_ms(DEFAULT_TTL).unwrap(), 2_700_000);
        assert_eq!(ttl_ms(Duration::from_nanos(1)).unwrap(), 1);
        assert_eq!(ttl_ms(Duration::from_micros(1_001)).unwrap(), 2);
        assert!(ttl_ms(Duration::ZERO).unwrap() < 0);
        assert_eq!(ttl_ms(MAX_TTL).unwrap(), 315_360_000_000_000);
        for absurd in [MAX_TTL + Duration::from_nanos(1), Duration::MAX] {
            assert_eq!(ttl_ms(absurd).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn data_is_json_within_max_size() {
        assert_eq!(encode("x", 3).unwrap(), r#""x""#);
        assert_eq!(encode("xy", 3).unwrap_err().kind(), ErrorKind::TooLarge);
        let no_json = std::collections::HashMap::from([(vec![1], 1)]);
        assert_eq!(encode(&no_json, 99).unwrap_err().kind(), ErrorKind::InvalidInput);
    }

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
