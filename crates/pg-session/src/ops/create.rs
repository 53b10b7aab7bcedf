use std::time::Duration;

use smallvec::smallvec;

use super::run::run;
use crate::core::Core;
use crate::error::Result;
use crate::session::{Encoded, check_id, ttl_ms};

/// The outcome of [`PgStore::create`](crate::PgStore::create).
///
/// Exhaustive: a caller must decide about every outcome.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "the session may not have been created"]
pub enum Created {
    /// The session was created.
    Created,
    /// A live session has this id. It was not changed.
    Exists,
}

pub(crate) async fn create(core: &Core, id: &str, data: Encoded, ttl: Option<Duration>) -> Result<Created> {
    check_id(id)?;
    data.check_size(core.options.max_size)?;
    let params = smallvec![id.into(), data.into_string().into(), ttl_ms(ttl.unwrap_or(core.options.ttl))?.into()];
    let reply = run(core, |statements| &statements.create, params).await?;
    Ok(if reply.rows.is_empty() { Created::Exists } else { Created::Created })
}
