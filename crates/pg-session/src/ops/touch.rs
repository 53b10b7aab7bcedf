use std::time::Duration;

use smallvec::smallvec;
use tokio::time::Instant;

use super::run::run_until;
use crate::backend::Params;
use crate::core::Core;
use crate::error::Result;
use crate::session::{MAX_TTL, check_id, ttl_ms, whole_ms};

/// Keeps times within PostgreSQL's range, which begins in 4713 BC.
const MAX_LAG: Duration = Duration::from_secs(MAX_TTL.as_secs() / 10);

pub(crate) async fn touch(core: &Core, id: &str, ttl: Option<Duration>) -> Result<bool> {
    Ok(touch_live(core.deadline(), core, id, ttl).await? && ttl != Some(Duration::ZERO))
}

/// Touches the session. Returns whether it lived before, since a zero `ttl` ends it.
pub(super) async fn touch_live(deadline: Instant, core: &Core, id: &str, ttl: Option<Duration>) -> Result<bool> {
    check_id(id)?;
    let ttl = ttl.unwrap_or(core.options.ttl);
    let lag = if ttl.is_zero() { ttl } else { core.options.touch_every.unwrap_or(ttl / 20).min(MAX_LAG) };
    let mut params: Params = smallvec![id.into(), ttl_ms(ttl)?.into()];
    let reply = if lag.is_zero() {
        run_until(deadline, core, |statements| &statements.touch_always, params).await?
    } else {
        params.push(whole_ms(lag).into());
        run_until(deadline, core, |statements| &statements.touch, params).await?
    };
    Ok(!reply.rows.is_empty())
}
