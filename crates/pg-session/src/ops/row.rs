//! Reads sessions from rows.

use std::time::Duration;

use crate::backend::{Row, Value};
use crate::error::{Error, Result};
use crate::session::{MAX_TTL, Session};

/// Reads a session from its data and the time left.
pub(super) fn session(id: &str, row: impl IntoIterator<Item = Value>) -> Result<Session> {
    let mut columns = row.into_iter();
    let json = columns.next();
    match (json, time_left(&columns.collect::<Row>())) {
        (Some(Value::Text(json)), Some(expires_in)) => Ok(Session::new(id, json, expires_in)),
        _ => Err(Error::unexpected_reply("a row has other columns than the statement asks for")),
    }
}

/// Reads a session from a row that begins with the id.
pub(super) fn session_with_id(row: Row) -> Result<Session> {
    let mut columns = row.into_iter();
    match columns.next() {
        Some(Value::Text(id)) => session(&id, columns),
        _ => Err(Error::unexpected_reply("a row has no session id")),
    }
}

/// Reads the time left: seconds as text, or two timestamps in microseconds, the expiry and now.
fn time_left(columns: &[Value]) -> Option<Duration> {
    let left = match columns {
        [Value::Text(seconds)] => {
            let seconds: f64 = seconds.parse().ok()?;
            Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(MAX_TTL)
        }
        [Value::Number(expiry), Value::Number(now)] => {
            Duration::from_micros(expiry.saturating_sub(*now).try_into().unwrap_or(0))
        }
        _ => return None,
    };
    Some(left.min(MAX_TTL))
}
