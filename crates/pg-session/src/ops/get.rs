use std::time::Duration;

use super::run;
use crate::core::Core;
use crate::error::{Error, Result};
use crate::session::{MAX_TTL, Session, check_id};

pub(crate) async fn get(core: &Core, id: &str) -> Result<Option<Session>> {
    check_id(id)?;
    let reply = run(core, |statements| &statements.get, vec![id.to_owned()]).await?;
    let Some([json, seconds]) = reply.into_row()? else { return Ok(None) };
    let seconds: f64 = seconds.parse().map_err(|_| Error::unexpected_reply("the time left is no number"))?;
    let expires_in = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(MAX_TTL).min(MAX_TTL);
    Ok(Some(Session::new(id, json, expires_in)))
}
