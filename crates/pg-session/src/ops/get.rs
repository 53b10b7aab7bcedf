use smallvec::smallvec;
use tokio::time::Instant;

use super::row::session;
use super::run::run_until;
use crate::core::Core;
use crate::error::Result;
use crate::session::{Session, check_id};

pub(crate) async fn get(core: &Core, id: &str) -> Result<Option<Session>> {
    get_until(core.deadline(), core, id).await
}

pub(super) async fn get_until(deadline: Instant, core: &Core, id: &str) -> Result<Option<Session>> {
    check_id(id)?;
    let reply = run_until(deadline, core, |statements| &statements.get, smallvec![id.into()]).await?;
    reply.rows.into_iter().next().map(|row| session(id, row)).transpose()
}
