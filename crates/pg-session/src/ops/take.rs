use smallvec::smallvec;

use super::row::session;
use super::run::run_on_existing;
use crate::backend::Value;
use crate::core::Core;
use crate::error::Result;
use crate::session::Session;

pub(crate) async fn take(core: &Core, id: &str) -> Result<Option<Session>> {
    let reply = run_on_existing(core, id, |statements| &statements.take, smallvec![id.into()]).await?;
    let Some(mut row) = reply.rows.into_iter().next() else { return Ok(None) };
    let created = row.pop();
    let created = created.as_ref().and_then(Value::text).and_then(|created| created.parse().ok());
    session(id, row).map(|session| Some(session.with_created(created)))
}
