use smallvec::smallvec;

use super::row::session;
use super::run::run;
use crate::core::Core;
use crate::error::Result;
use crate::session::{Session, check_id};

pub(crate) async fn get(core: &Core, id: &str) -> Result<Option<Session>> {
    check_id(id)?;
    let reply = run(core, |statements| &statements.get, smallvec![id.into()]).await?;
    reply.rows.into_iter().next().map(|row| session(id, row)).transpose()
}
