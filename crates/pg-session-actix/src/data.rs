//! The data and the times of actix-session in terms of pg-session, and back.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use actix_web::cookie::time;
use anyhow::{Context, Result};
use pg_session::{MAX_TTL, Session};
use serde_json::value::RawValue;

/// Returns the data with sorted keys, so that equal data is equal text.
pub(crate) fn sorted(state: &HashMap<String, String>) -> Result<BTreeMap<&str, &RawValue>> {
    state.iter().map(|(key, value)| Ok((key.as_str(), serde_json::from_str(value)?))).collect()
}

/// Returns the data of a session.
///
/// # Errors
///
/// The data is not a JSON object.
pub(crate) fn decoded(session: &Session) -> Result<HashMap<String, String>> {
    let data: HashMap<String, Box<RawValue>> = session
        .decode()
        .context("actix-session needs a JSON object; give applications that store other values their own table")?;
    Ok(data.into_iter().map(|(key, value)| (key, Box::<str>::from(value).into())).collect())
}

/// Returns the time to live, or zero if it is negative.
pub(crate) fn ttl(ttl: &time::Duration) -> Duration {
    Duration::try_from(*ttl).unwrap_or_default().min(MAX_TTL)
}
