//! What actix-session calls the state, in the terms of pg-session and back.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use actix_web::cookie::time;
use anyhow::{Context, Result};
use pg_session::{MAX_TTL, Session};
use serde_json::value::RawValue;

/// The data in an order of its own, so that equal data is equal text.
pub(crate) fn sorted(state: &HashMap<String, String>) -> Result<BTreeMap<&str, &RawValue>> {
    state.iter().map(|(key, value)| Ok((key.as_str(), serde_json::from_str(value)?))).collect()
}

pub(crate) fn state(session: &Session) -> Result<HashMap<String, String>> {
    let data: HashMap<String, Box<RawValue>> = session
        .decode()
        .context("actix-session takes a JSON object; give applications that store others a table of their own")?;
    Ok(data.into_iter().map(|(key, value)| (key, Box::<str>::from(value).into())).collect())
}

/// None left where it is negative.
pub(crate) fn ttl(ttl: &time::Duration) -> Duration {
    Duration::try_from(*ttl).unwrap_or_default().min(MAX_TTL)
}
