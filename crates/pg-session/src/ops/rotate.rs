use smallvec::smallvec;

use super::run::run;
use super::setup::ready;
use crate::core::Core;
use crate::error::{Error, Result};
use crate::session::{check_id, is_storable_id};

/// A concurrent call gave the new id to another session (SQLSTATE).
const UNIQUE_VIOLATION: &str = "23505";

/// The outcome of [`PgStore::rotate`](crate::PgStore::rotate).
///
/// Exhaustive: a caller must decide about every outcome.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "the session may not have the new id"]
pub enum Rotated {
    /// The session has the new id, and the old one is invalid.
    Rotated,
    /// A live session has the new id. Neither was changed.
    Exists,
    /// No live session has the old id: it was destroyed, has expired, or was rotated by another call.
    Gone,
}

pub(crate) async fn rotate(core: &Core, old: &str, new: &str) -> Result<Rotated> {
    check_id(new)?;
    if !is_storable_id(old) {
        ready(core, core.deadline()).await?;
        return Ok(Rotated::Gone);
    }
    match run(core, |statements| &statements.rotate, smallvec![old.into(), new.into()]).await {
        Ok(reply) => match reply.value(0) {
            Some("rotated") => Ok(Rotated::Rotated),
            Some("exists") => Ok(Rotated::Exists),
            Some("gone") => Ok(Rotated::Gone),
            _ => Err(Error::unexpected_reply("the outcome of a rotation is missing")),
        },
        Err(error) if error.sqlstate() == Some(UNIQUE_VIOLATION) => Ok(Rotated::Exists),
        Err(error) => Err(error),
    }
}
