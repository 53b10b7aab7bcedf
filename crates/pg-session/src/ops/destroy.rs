use smallvec::smallvec;

use super::run::run;
use crate::core::Core;
use crate::error::Result;
use crate::session::check_id;

pub(crate) async fn destroy(core: &Core, id: &str) -> Result<bool> {
    check_id(id)?;
    let reply = run(core, |statements| &statements.destroy, smallvec![id.into()]).await?;
    Ok(reply.value(0) == Some("true"))
}
