use smallvec::smallvec;

use super::run::run;
use crate::core::Core;
use crate::error::{Error, Result};

pub(crate) async fn count(core: &Core) -> Result<u64> {
    let reply = run(core, |statements| &statements.count, smallvec!["".into()]).await?;
    let live = reply.value(0).and_then(|live| live.parse().ok());
    live.ok_or_else(|| Error::unexpected_reply("the count is not a number"))
}
