use std::time::Duration;

use smallvec::smallvec;

use super::run::run;
use crate::core::Core;
use crate::error::Result;
use crate::session::{Encoded, check_id, ttl_ms};

pub(crate) async fn set(core: &Core, id: &str, data: Encoded, ttl: Option<Duration>) -> Result<()> {
    check_id(id)?;
    data.check_size(core.options.max_size)?;
    let params = smallvec![id.into(), data.into_string().into(), ttl_ms(ttl.unwrap_or(core.options.ttl))?.into()];
    run(core, |statements| &statements.set, params).await?;
    Ok(())
}
