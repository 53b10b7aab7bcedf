use std::time::Duration;

use smallvec::smallvec;
use tokio::time::{Instant, timeout_at};

use super::get::get_until;
use super::run::run_until;
use super::touch::touch_live;
use crate::backend::Value;
use crate::core::Core;
use crate::error::{Error, ErrorKind, Result};
use crate::merge::{change, rebase};
use crate::session::{Encoded, Session, ttl_ms};

/// The outcome of [`PgStore::update`](crate::PgStore::update).
///
/// Exhaustive: a caller must decide about every outcome.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "the change may not have been stored"]
pub enum Updated {
    /// The data was stored as given.
    Saved,
    /// The data was stored together with what others had changed since the base.
    Merged,
    /// The data was unchanged. At most the expiry was moved.
    Unchanged,
    /// The session no longer exists. Nothing was written.
    Gone,
}

impl Updated {
    /// Counts this outcome, with the feature `metrics`, and returns it.
    pub(crate) fn counted(self) -> Self {
        #[cfg(feature = "metrics")]
        {
            let outcome = match self {
                Self::Saved => "saved",
                Self::Merged => "merged",
                Self::Unchanged => "unchanged",
                Self::Gone => "gone",
            };
            metrics::counter!("pg_session_updates_total", "outcome" => outcome).increment(1);
        }
        self
    }
}

pub(crate) async fn update(core: &Core, base: &Session, data: Encoded, ttl: Option<Duration>) -> Result<Updated> {
    try_update(core, base, data, ttl).await.map(Updated::counted)
}

/// Boxes the rare cases, which would otherwise enlarge every update's future.
async fn try_update(core: &Core, base: &Session, data: Encoded, ttl: Option<Duration>) -> Result<Updated> {
    data.check_size(core.options.max_size)?;
    let deadline = core.deadline();
    let Some(ours) = change(base.reader(), base.json(), &data) else {
        let lives = Box::pin(touch_live(deadline, core, base.id(), ttl)).await?;
        return Ok(if lives { Updated::Unchanged } else { Updated::Gone });
    };
    if replace(deadline, core, base, ours.into_owned(), ttl).await? {
        return Ok(Updated::Saved);
    }
    Box::pin(merge_and_update(deadline, core, base, &data, ttl)).await
}

/// Merges `data` with what is stored now, and starts over if that changes between the read and the write.
///
/// An update that began in time has a tenth of the limit more: whether others keep changing the session, or PostgreSQL does not
/// answer, is told by the last statement.
async fn merge_and_update(
    deadline: Instant,
    core: &Core,
    base: &Session,
    data: &str,
    ttl: Option<Duration>,
) -> Result<Updated> {
    let (id, reader) = (base.id(), base.reader());
    let last = deadline + core.options.backend.timeout / 10;
    // Its holder may be on a runtime that stands still. Without the lock, the last tenth is enough for one attempt.
    let _lock = timeout_at(deadline, core.merge_locks.lock(id)).await.ok();
    let (mut base, mut ours) = (base.clone(), data.to_owned());
    loop {
        let Some(theirs) = get_until(last, core, id).await? else { return Ok(Updated::Gone) };
        let change = rebase(reader, base.json(), theirs.json(), &ours);
        base = theirs;
        let is_stored = match &change {
            Some(json) => {
                let merged = Encoded::from_json(json.clone());
                merged.check_merged_size(base.json(), core.options.max_size)?;
                replace(last, core, &base, merged.into_string(), ttl).await?
            }
            None => touch_live(last, core, id, ttl).await?,
        };
        ours = change.unwrap_or_else(|| base.json().to_owned());
        if is_stored {
            return Ok(if reader.reads_same(&ours, data) { Updated::Saved } else { Updated::Merged });
        }
        if Instant::now() >= deadline {
            return Err(conflict());
        }
    }
}

fn conflict() -> Error {
    let message = "update: other calls kept changing this session until the timeout; try again";
    Error::new(ErrorKind::Conflict, message).retryable()
}

/// Stores `json` if the session still has the data of `base`. Returns whether it had.
async fn replace(
    deadline: Instant,
    core: &Core,
    base: &Session,
    json: impl Into<Value>,
    ttl: Option<Duration>,
) -> Result<bool> {
    let params =
        smallvec![base.id().into(), json.into(), ttl_ms(ttl.unwrap_or(core.options.ttl))?.into(), base.json().into()];
    Ok(!run_until(deadline, core, |statements| &statements.update, params).await?.rows.is_empty())
}
