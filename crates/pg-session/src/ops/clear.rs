use smallvec::smallvec;

use super::run::{PAGE, run};
use crate::core::Core;
use crate::error::Result;

/// Deletes in pages by id, so that no statement takes long, and the loop ends even while new sessions arrive.
pub(crate) async fn clear(core: &Core) -> Result<()> {
    let mut after = String::new();
    loop {
        let reply = run(core, |statements| &statements.clear, smallvec![after.into(), PAGE.into()]).await?;
        match reply.value(0) {
            Some(last) => after = last.to_owned(),
            None => return Ok(()),
        }
    }
}
