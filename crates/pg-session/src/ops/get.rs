use std::time::Duration;

use smallvec::smallvec;

use super::run;
use crate::backend::{Row, Value};
use crate::core::Core;
use crate::error::{Error, Result};
use crate::session::{MAX_TTL, Session, check_id};

pub(crate) async fn get(core: &Core, id: &str) -> Result<Option<Session>> {
    check_id(id)?;
    let reply = run(core, |statements| &statements.get, smallvec![id.into()]).await?;
    reply.rows.into_iter().next().map(|row| session(id, row)).transpose()
}

/// The live session that a row tells of: its data, and the time left.
pub(super) fn session(id: &str, row: impl IntoIterator<Item = Value>) -> Result<Session> {
    let mut columns = row.into_iter();
    let json = columns.next();
    match (json, time_left(&columns.collect::<Row>())) {
        (Some(Value::Text(json)), Some(expires_in)) => Ok(Session::new(id, json, expires_in)),
        _ => Err(Error::unexpected_reply("it has other columns than the statement asks for")),
    }
}

/// The same, of a row that begins with the id.
pub(super) fn session_with_id(row: Row) -> Result<Session> {
    let mut columns = row.into_iter();
    match columns.next() {
        Some(Value::Text(id)) => session(&id, columns),
        _ => Err(Error::unexpected_reply("a session has no id")),
    }
}

/// From a text with the seconds, or from two timestamps, in microseconds: the expiry and now.
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
