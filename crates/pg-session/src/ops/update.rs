use std::array;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use metrics::counter;
use serde::Serialize;
use smallvec::smallvec;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, timeout_at};

use super::{get, run, touch};
use crate::backend::Value;
use crate::core::Core;
use crate::error::{Error, ErrorKind, Result};
use crate::merge::{change, rebase};
use crate::session::{Session, check_merged_size, encode, ttl_ms};

/// What [`PgStore::update`](crate::PgStore::update) came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "the change stands only if it says so"]
pub enum Updated {
    /// The data is there as it was given.
    Saved,
    /// The data is there, together with what others had changed meanwhile.
    Merged,
    /// It was no change. The session lives on: no more than its expiry was moved.
    Unchanged,
    /// There is no such live session any more. Nothing was written.
    Gone,
}

impl Updated {
    /// The same, counted.
    pub(crate) fn counted(self) -> Self {
        let outcome = match self {
            Self::Saved => "saved",
            Self::Merged => "merged",
            Self::Unchanged => "unchanged",
            Self::Gone => "gone",
        };
        counter!("pg_session_updates_total", "outcome" => outcome).increment(1);
        self
    }
}

pub(crate) async fn update(
    core: &Core,
    base: &Session,
    data: &(impl Serialize + ?Sized),
    ttl: Option<Duration>,
) -> Result<Updated> {
    attempt(core, base, data, ttl).await.map(Updated::counted)
}

/// Boxed is what most updates do not come to, and what would else be part of every update's future.
async fn attempt(
    core: &Core,
    base: &Session,
    data: &(impl Serialize + ?Sized),
    ttl: Option<Duration>,
) -> Result<Updated> {
    let given = encode(data, core.options.max_size)?;
    let Some(ours) = change(base.reader(), base.json(), given) else {
        let lives = Box::pin(touch::lives(core, base.id(), ttl)).await?;
        return Ok(if lives { Updated::Unchanged } else { Updated::Gone });
    };
    if replace(core, base, ours, ttl).await? {
        return Ok(Updated::Saved);
    }
    Box::pin(merged(core, base, encode(data, core.options.max_size)?, ttl)).await
}

/// The base does not hold any more, if there is a session at all.
async fn merged(core: &Core, base: &Session, given: String, ttl: Option<Duration>) -> Result<Updated> {
    let (id, reader) = (base.id(), base.reader());
    let deadline = Instant::now() + core.options.lanes.timeout;
    let _turn = timeout_at(deadline, core.turns.of(id)).await.map_err(|_| too_many())?;
    let (mut base, mut ours) = (base.clone(), given.clone());
    while Instant::now() < deadline {
        let Some(theirs) = get(core, id).await? else { return Ok(Updated::Gone) };
        let change = rebase(reader, base.json(), theirs.json(), &ours);
        base = theirs;
        let stands = match &change {
            Some(json) => {
                check_merged_size(json, base.json(), core.options.max_size)?;
                replace(core, &base, &**json, ttl).await?
            }
            None => touch::lives(core, id, ttl).await?,
        };
        ours = change.unwrap_or_else(|| base.json().to_owned());
        if stands {
            return Ok(if reader.reads_same(&ours, &given) { Updated::Saved } else { Updated::Merged });
        }
    }
    Err(too_many())
}

fn too_many() -> Error {
    Error::new(ErrorKind::Conflict, "update: other calls kept changing this session until the timeout; try again")
        .retryable()
}

/// Whether the base still held, so that the data is there now.
async fn replace(core: &Core, base: &Session, json: impl Into<Value>, ttl: Option<Duration>) -> Result<bool> {
    let params =
        smallvec![base.id().into(), json.into(), ttl_ms(ttl.unwrap_or(core.options.ttl))?.into(), base.json().into()];
    Ok(!run(core, |statements| &statements.update, params).await?.rows.is_empty())
}

/// Of those that must merge, one at a time: at once, each would undo the work of all the others.
pub(crate) struct Turns {
    random: RandomState,
    turns: [Mutex<()>; 64],
}

impl Turns {
    /// Rarely, another id's too.
    async fn of(&self, id: &str) -> MutexGuard<'_, ()> {
        let turn = self.random.hash_one(id) as usize % self.turns.len();
        self.turns[turn].lock().await
    }
}

impl Default for Turns {
    fn default() -> Self {
        Self { random: RandomState::new(), turns: array::from_fn(|_| Mutex::default()) }
    }
}
