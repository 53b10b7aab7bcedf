use smallvec::smallvec;
use tokio::time::Instant;

use super::row::session;
use super::run::run_on_existing_until;
use crate::core::Core;
use crate::error::Result;
use crate::session::Session;

pub(crate) async fn get(core: &Core, id: &str) -> Result<Option<Session>> {
    get_until(core.deadline(), core, id).await
}

pub(super) async fn get_until(deadline: Instant, core: &Core, id: &str) -> Result<Option<Session>> {
    let reply = run_on_existing_until(deadline, core, id, |statements| &statements.get, smallvec![id.into()]).await?;
    reply.rows.into_iter().next().map(|row| session(id, row)).transpose()
}
