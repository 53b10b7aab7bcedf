use std::sync::Arc;
use std::time::Duration;

use smallvec::smallvec;

use super::run::LOOKS;
use super::setup;
use crate::backend::{Reply, Statement};
use crate::core::Core;
use crate::error::{Error, ErrorKind, Result};
use crate::table::SweepBy;

/// The most that one slice reads and deletes: some milliseconds of work.
const BLOCKS: i64 = 64;
const ROWS: i64 = 1_000;

/// How many slices in a row may fail before a sweep gives up.
const FAILURES: usize = 3;

/// How long a failed transaction may still hold the lock, on another connection of a pool.
const RELEASE: Duration = Duration::from_millis(50);

pub(crate) async fn sweep(core: &Core) -> Result<u64> {
    let mut looks = 0;
    loop {
        let statements = setup::ready(core, core.deadline()).await?;
        let swept = match &statements.sweep {
            SweepBy::Blocks(statement) => by_blocks(core, statement).await,
            SweepBy::Keys(statement) => by_keys(core, statement).await,
        };
        match swept {
            // The table has changed: start over with the statement that fits it now.
            Err(error) if error.kind() == ErrorKind::Setup && looks < LOOKS => core.drop_statements(&statements),
            swept => return swept,
        }
        looks += 1;
    }
}

/// Continues with the next slice if one fails, for example because a foreign key refers to a row.
async fn by_blocks(core: &Core, statement: &Arc<Statement>) -> Result<u64> {
    let (mut first, mut end, mut deleted) = (0, 1, 0);
    let mut errors = Vec::new();
    let mut failures = 0;
    while first < end {
        let params = smallvec![first.into(), (first + BLOCKS).into(), ROWS.into()];
        match core
            .submit(statement, params, core.deadline())
            .await
            .map_err(Error::from)
            .and_then(|reply| Slice::read(&reply))
        {
            Ok(None) if (1..FAILURES).contains(&failures) => {
                failures += 1;
                tokio::time::sleep(RELEASE).await;
                continue;
            }
            Ok(None) => break,
            Ok(Some(slice)) => {
                failures = 0;
                deleted += slice.deleted;
                end = slice.end.and_then(|end| end.parse().ok()).unwrap_or(0);
                if slice.deleted == ROWS.unsigned_abs() {
                    continue;
                }
            }
            Err(error) if error.kind() == ErrorKind::Database && failures + 1 < FAILURES => {
                failures += 1;
                errors.push(error);
                // A slice past the last block cannot fail, and returns the number of blocks.
                end = end.max(first + BLOCKS + 1);
            }
            Err(error) => return Err(error),
        }
        first += BLOCKS;
    }
    errors.into_iter().next().map_or(Ok(deleted), Err)
}

async fn by_keys(core: &Core, statement: &Arc<Statement>) -> Result<u64> {
    let (mut after, mut deleted) = (String::new(), 0);
    loop {
        let params = smallvec![after.into(), ROWS.into()];
        let reply = core.submit(statement, params, core.deadline()).await?;
        let Some(slice) = Slice::read(&reply)? else { break };
        deleted += slice.deleted;
        let Some(last) = slice.end else { break };
        after = last;
    }
    Ok(deleted)
}

struct Slice {
    deleted: u64,
    /// By blocks: the number of blocks. By keys: the last id of the slice, `None` past the end.
    end: Option<String>,
}

impl Slice {
    /// Returns `None` while another process sweeps.
    fn read(reply: &Reply) -> Result<Option<Self>> {
        if reply.value(0) != Some("true") {
            return Ok(None);
        }
        let deleted = reply.value(1).and_then(|count| count.parse().ok());
        let deleted = deleted.ok_or_else(|| Error::unexpected_reply("the count of a sweep is not a number"))?;
        Ok(Some(Self { deleted, end: reply.value(2).map(str::to_owned) }))
    }
}
