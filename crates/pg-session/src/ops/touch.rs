use std::time::Duration;

use super::run;
use crate::core::Core;
use crate::error::Result;
use crate::session::{DEFAULT_TTL, MAX_TTL, check_id, ttl_ms, whole_ms};

/// So that no time falls out of PostgreSQL's range, which begins in 4713 BC.
const MAX_LAG: Duration = Duration::from_secs(MAX_TTL.as_secs() / 10);

pub(crate) async fn touch(core: &Core, id: &str, ttl: Option<Duration>) -> Result<bool> {
    check_id(id)?;
    let ttl = ttl.unwrap_or(DEFAULT_TTL);
    let lag = if ttl.is_zero() { ttl } else { core.options.touch_every.unwrap_or(ttl / 20).min(MAX_LAG) };
    let params = vec![id.to_owned(), ttl_ms(Some(ttl))?.to_string(), whole_ms(lag).to_string()];
    let reply = run(core, |statements| &statements.touch, params).await?;
    Ok(!reply.rows.is_empty() && !ttl.is_zero())
}
