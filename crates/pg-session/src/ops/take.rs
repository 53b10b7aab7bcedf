use smallvec::smallvec;

use super::get::session;
use super::run;
use crate::core::Core;
use crate::error::Result;
use crate::session::{Session, check_id};

pub(crate) async fn take(core: &Core, id: &str) -> Result<Option<Session>> {
    check_id(id)?;
    let reply = run(core, |statements| &statements.take, smallvec![id.into()]).await?;
    reply.rows.into_iter().next().map(|row| session(id, row)).transpose()
}
