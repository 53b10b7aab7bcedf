use smallvec::smallvec;

use super::run::run_on_existing;
use crate::core::Core;
use crate::error::Result;

pub(crate) async fn destroy(core: &Core, id: &str) -> Result<bool> {
    let reply = run_on_existing(core, id, |statements| &statements.destroy, smallvec![id.into()]).await?;
    Ok(reply.value(0) == Some("true"))
}
