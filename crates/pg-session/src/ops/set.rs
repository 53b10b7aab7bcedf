use std::time::Duration;

use serde::Serialize;
use smallvec::smallvec;

use super::run;
use crate::core::Core;
use crate::error::Result;
use crate::session::{check_id, encode, ttl_ms};

pub(crate) async fn set(core: &Core, id: &str, data: &(impl Serialize + ?Sized), ttl: Option<Duration>) -> Result<()> {
    check_id(id)?;
    let params = smallvec![
        id.into(),
        encode(data, core.options.max_size)?.into(),
        ttl_ms(ttl.unwrap_or(core.options.ttl))?.into()
    ];
    run(core, |statements| &statements.set, params).await?;
    Ok(())
}
