use smallvec::smallvec;

use super::row::session_with_id;
use super::run::run;
use crate::core::Core;
use crate::error::{Error, Result};
use crate::session::Session;

pub(crate) async fn sessions_of(core: &Core, subject: &str) -> Result<Vec<Session>> {
    check_subject(core, subject)?;
    let reply = run(core, |statements| &statements.sessions_of, smallvec![subject.into()]).await?;
    reply.rows.into_iter().map(session_with_id).collect()
}

pub(super) fn check_subject(core: &Core, subject: &str) -> Result<()> {
    if core.options.table.subject.is_none() {
        return Err(Error::configuration(
            "the option subject is not set; set it to the path in the data that names the user, such as user.id",
        ));
    }
    match subject.contains('\0') {
        true => Err(Error::invalid("the subject has a NUL character, which PostgreSQL's text cannot hold")),
        false => Ok(()),
    }
}
