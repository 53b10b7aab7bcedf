use smallvec::smallvec;

use super::run::run;
use super::sessions_of::check_subject;
use crate::core::Core;
use crate::error::{Error, Result};
use crate::session::is_storable_id;

pub(crate) async fn destroy_sessions_of(core: &Core, subject: &str, except: Option<&str>) -> Result<u64> {
    check_subject(core, subject)?;
    // No session has an empty id.
    let except = except.filter(|id| is_storable_id(id)).unwrap_or_default();
    let params = smallvec![subject.into(), except.into()];
    let reply = run(core, |statements| &statements.destroy_sessions_of, params).await?;
    let destroyed = reply.value(0).and_then(|destroyed| destroyed.parse().ok());
    destroyed.ok_or_else(|| Error::unexpected_reply("the count is not a number"))
}
