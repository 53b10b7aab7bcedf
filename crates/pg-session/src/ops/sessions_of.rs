use std::sync::Arc;

use smallvec::smallvec;

use super::get::session_with_id;
use super::setup;
use crate::backend::{Params, Reply, Statement};
use crate::core::Core;
use crate::error::{Error, Result};
use crate::session::Session;
use crate::table::BySubject;

pub(crate) async fn sessions_of(core: &Core, subject: &str) -> Result<Vec<Session>> {
    check_subject(subject)?;
    let reply = run(core, |statements| &statements.sessions_of, smallvec![subject.into()]).await?;
    reply.rows.into_iter().map(session_with_id).collect()
}

pub(super) fn check_subject(subject: &str) -> Result<()> {
    match subject.contains('\0') {
        true => Err(Error::invalid("the subject has a NUL character, which PostgreSQL's text cannot hold")),
        false => Ok(()),
    }
}

/// Runs a statement that there is only with the option.
pub(super) async fn run(core: &Core, pick: fn(&BySubject) -> &Arc<Statement>, params: Params) -> Result<Reply> {
    let statements = setup::ready(core).await?;
    let of_subject = statements.by_subject.as_ref().ok_or_else(|| {
        Error::configuration("there is no option subject; give the path in the data that names the user, as user.id")
    })?;
    core.submit(pick(of_subject), params).await
}
