use smallvec::smallvec;

use super::get::session;
use super::{PAGE, run};
use crate::backend::Value;
use crate::core::Core;
use crate::error::{Error, Result};
use crate::session::Session;

/// By pages of the key, so that no statement takes long.
pub(crate) async fn all(core: &Core) -> Result<Vec<Session>> {
    let (mut sessions, mut after) = (Vec::new(), String::new());
    loop {
        let page = run(core, |statements| &statements.all, smallvec![after.into(), PAGE.into()]).await?.rows;
        let is_last = (page.len() as i64) < PAGE;
        for row in page {
            let mut columns = row.into_iter();
            let Some(Value::Text(id)) = columns.next() else {
                return Err(Error::unexpected_reply("a session has no id"));
            };
            sessions.push(session(&id, columns)?);
        }
        match sessions.last() {
            Some(last) if !is_last => after = last.id().to_owned(),
            _ => return Ok(sessions),
        }
    }
}
