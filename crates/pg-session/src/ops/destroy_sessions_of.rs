use smallvec::smallvec;

use super::run::run;
use super::sessions_of::check_subject;
use crate::core::Core;
use crate::error::{Error, Result};
use crate::session::check_id;

pub(crate) async fn destroy_sessions_of(core: &Core, subject: &str, except: Option<&str>) -> Result<u64> {
    check_subject(core, subject)?;
    except.map_or(Ok(()), check_id)?;
    // No session has an empty id.
    let params = smallvec![subject.into(), except.unwrap_or_default().into()];
    let reply = run(core, |statements| &statements.destroy_sessions_of, params).await?;
    let destroyed = reply.value(0).and_then(|destroyed| destroyed.parse().ok());
    destroyed.ok_or_else(|| Error::unexpected_reply("the count is not a number"))
}
