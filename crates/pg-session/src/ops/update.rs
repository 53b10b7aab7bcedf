use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use smallvec::smallvec;
use tokio::time::Instant;

use super::get::get_until;
use super::offload::{is_large, offload};
use super::run::{Pick, run_until};
use super::setup::ready;
use super::touch::touch_live;
use crate::backend::Value;
use crate::core::{Core, until};
use crate::error::{Error, ErrorKind, Result};
use crate::merge::{change, rebase};
use crate::session::{Encoded, Session, is_storable_id, ttl_ms};

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
    if !is_storable_id(base.id()) {
        ready(core, deadline).await?;
        return Ok(Updated::Gone);
    }
    let bytes = base.json().len() + data.len();
    // A comparison takes a quarter of the time of a merge, or less.
    let ours = match is_large(bytes / 4) {
        false => change(base.reader(), base.json(), &data).map(Cow::into_owned),
        true => {
            let _waiting = core.hold(base.id(), bytes)?;
            let (base, data) = (base.clone(), data.clone());
            let change = move || change(base.reader(), base.json(), &data).map(Cow::into_owned);
            Box::pin(offload(deadline, bytes, change)).await?
        }
    };
    let Some(ours) = ours else {
        let lives = Box::pin(touch_live(deadline, core, base.id(), ttl)).await?;
        return Ok(if lives { Updated::Unchanged } else { Updated::Gone });
    };
    if replace(deadline, core, base, ours, ttl).await? {
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
    let waiting = core.hold(id, base.json().len() + data.len())?;
    // Its holder may be on a runtime that stands still. Without the lock, the last tenth is enough for one attempt.
    let _lock = until(deadline, core.merge_locks.lock(id)).await;
    drop(waiting);
    let data: Arc<str> = data.into();
    let (mut base, mut ours) = (base.clone(), data.to_string());
    loop {
        let Some(theirs) = get_until(last, core, id).await? else { return Ok(Updated::Gone) };
        let (bytes, data) = (base.json().len() + theirs.json().len() + ours.len(), Arc::clone(&data));
        let merge = move || {
            let change = rebase(reader, base.json(), theirs.json(), &ours);
            let is_ours = reader.reads_same(change.as_deref().unwrap_or(theirs.json()), &data);
            (theirs, change, is_ours)
        };
        let (theirs, change, is_ours) = offload(last, bytes, merge).await?;
        base = theirs;
        let is_stored = match &change {
            Some(json) => {
                let merged = Encoded::from_json(json.clone());
                merged.check_merged_size(base.json(), core.options.max_size)?;
                replace(last, core, &base, merged.into_string(), ttl).await?
            }
            None => touch_live(last, core, id, ttl).await?,
        };
        if is_stored {
            return Ok(if is_ours { Updated::Saved } else { Updated::Merged });
        }
        if Instant::now() >= deadline {
            return Err(conflict());
        }
        ours = change.unwrap_or_else(|| base.json().to_owned());
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
    let pick: Pick =
        if ttl.is_some() { |statements| &statements.update } else { |statements| &statements.update_extending };
    Ok(!run_until(deadline, core, pick, params).await?.rows.is_empty())
}
