use std::time::Duration;

use smallvec::smallvec;
use tokio::time::Instant;

use super::run::{Pick, run_on_existing_until};
use crate::backend::Params;
use crate::core::Core;
use crate::error::Result;
use crate::session::{MAX_TTL, ttl_ms, whole_ms};

/// Keeps times within PostgreSQL's range, which begins in 4713 BC.
const MAX_LAG: Duration = Duration::from_secs(MAX_TTL.as_secs() / 10);

pub(crate) async fn touch(core: &Core, id: &str, ttl: Option<Duration>) -> Result<bool> {
    Ok(touch_live(core.deadline(), core, id, ttl).await? && ttl != Some(Duration::ZERO))
}

/// Touches the session. Returns whether it lived before, since a zero `ttl` ends it. Without a `ttl`, it never expires earlier
/// than before: the row may have a time to live of its own, from another store.
pub(super) async fn touch_live(deadline: Instant, core: &Core, id: &str, ttl: Option<Duration>) -> Result<bool> {
    let lives_for = ttl.unwrap_or(core.options.ttl);
    let lag =
        if lives_for.is_zero() { lives_for } else { core.options.touch_every.unwrap_or(lives_for / 20).min(MAX_LAG) };
    let mut params: Params = smallvec![id.into(), ttl_ms(lives_for)?.into()];
    if ttl.is_some() && lag.is_zero() {
        let reply = run_on_existing_until(deadline, core, id, |statements| &statements.touch_always, params).await?;
        return Ok(!reply.rows.is_empty());
    }
    params.push(whole_ms(lag).into());
    let pick: Pick = if ttl.is_some() { |statements| &statements.touch } else { |statements| &statements.extend };
    Ok(!run_on_existing_until(deadline, core, id, pick, params).await?.rows.is_empty())
}
