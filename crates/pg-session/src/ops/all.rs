use smallvec::smallvec;

use super::row::session_with_id;
use super::run::{PAGE, run};
use crate::core::Core;
use crate::error::Result;
use crate::session::Session;

/// Reads in pages by id, so that no statement takes long.
pub(crate) async fn all(core: &Core) -> Result<Vec<Session>> {
    let (mut sessions, mut after) = (Vec::new(), String::new());
    loop {
        let page = run(core, |statements| &statements.all, smallvec![after.into(), PAGE.into()]).await?.rows;
        let is_last = (page.len() as i64) < PAGE;
        for row in page {
            sessions.push(session_with_id(row)?);
        }
        match sessions.last() {
            Some(last) if !is_last => after = last.id().to_owned(),
            _ => return Ok(sessions),
        }
    }
}
