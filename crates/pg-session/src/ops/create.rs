use std::time::Duration;

use serde::Serialize;
use smallvec::smallvec;

use super::run;
use crate::core::Core;
use crate::error::Result;
use crate::session::{check_id, encode, ttl_ms};

/// What [`PgStore::create`](crate::PgStore::create) came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "the session was created only if it says so"]
pub enum Created {
    /// The session is there now.
    Created,
    /// A live session has that id; it was left as it is.
    Exists,
}

pub(crate) async fn create(
    core: &Core,
    id: &str,
    data: &(impl Serialize + ?Sized),
    ttl: Option<Duration>,
) -> Result<Created> {
    check_id(id)?;
    let params = smallvec![
        id.into(),
        encode(data, core.options.max_size)?.into(),
        ttl_ms(ttl.unwrap_or(core.options.ttl))?.into()
    ];
    let reply = run(core, |statements| &statements.create, params).await?;
    Ok(if reply.rows.is_empty() { Created::Exists } else { Created::Created })
}
