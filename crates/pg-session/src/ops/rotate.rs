use smallvec::smallvec;

use super::run::run;
use crate::core::Core;
use crate::error::{Error, Result};
use crate::session::check_id;

/// Another session got the new id while this one was on its way there.
const UNIQUE_VIOLATION: &str = "23505";

/// What [`PgStore::rotate`](crate::PgStore::rotate) came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "the session has the new id only if it says so"]
pub enum Rotated {
    /// The session has the new id, and the old one is dead.
    Rotated,
    /// A live session has the new id; both were left as they are.
    Exists,
    /// No live session has the old id: it was destroyed, has expired, or was rotated by another call.
    Gone,
}

pub(crate) async fn rotate(core: &Core, old: &str, new: &str) -> Result<Rotated> {
    check_id(old)?;
    check_id(new)?;
    match run(core, |statements| &statements.rotate, smallvec![old.into(), new.into()]).await {
        Ok(reply) => match reply.value(0) {
            Some("rotated") => Ok(Rotated::Rotated),
            Some("exists") => Ok(Rotated::Exists),
            Some("gone") => Ok(Rotated::Gone),
            _ => Err(Error::unexpected_reply("it says not what came of the rotation")),
        },
        Err(error) if error.sqlstate() == Some(UNIQUE_VIOLATION) => Ok(Rotated::Exists),
        Err(error) => Err(error),
    }
}
