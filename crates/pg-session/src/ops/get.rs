use smallvec::smallvec;

use super::row::session;
use super::run::run_on_existing;
use crate::core::Core;
use crate::error::Result;
use crate::session::Session;

pub(crate) async fn get(core: &Core, id: &str) -> Result<Option<Session>> {
    let reply = run_on_existing(core, id, |statements| &statements.get, smallvec![id.into()]).await?;
    reply.rows.into_iter().next().map(|row| session(id, row)).transpose()
}
