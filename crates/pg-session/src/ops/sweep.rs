use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use smallvec::smallvec;
use tokio::time::Instant;
use tracing::warn;

use super::run::{LOOKS, explain};
use super::setup;
use crate::backend::{Params, Reply, Statement};
use crate::core::{Core, pause_until};
use crate::error::{Error, ErrorKind, Result};
use crate::table::SweepBy;

/// The most that one slice reads and deletes: some milliseconds of work.
const BLOCKS: i64 = 64;
const ROWS: i64 = 1_000;

/// More rows than a block of 32 KiB has.
const ROWS_OF_BLOCK: i64 = 2_048;

/// How many rows that cannot be deleted a sweep skips before it gives up.
const MOST_SKIPPED: usize = 1_000;

/// How long, and how often, a sweep waits for a failed transaction that still holds the lock on another connection of a pool.
const RELEASE: Duration = Duration::from_millis(50);
const RELEASES: usize = 20;

/// After so many sweeps in a row that found the lock taken, a day at the default interval, no other process is sweeping:
/// something else holds the lock. The lock only saves work, because locked rows are skipped, so the sweep ignores it.
const LOST_TURNS: u32 = 32;

pub(crate) async fn sweep(core: &Core) -> Result<u64> {
    let mut looks = 0;
    loop {
        let statements = setup::ready(core, core.deadline()).await?;
        match with_or_without_lock(core, &statements.sweep).await {
            // The table has changed: start over with the statement that fits it now.
            Err(error) if error.kind() == ErrorKind::Setup && looks < LOOKS => core.drop_statements(&statements),
            Ok(deleted) => return Ok(deleted),
            Err(error) => return Err(explain(core.deadline(), core, &statements, error).await),
        }
        looks += 1;
    }
}

async fn with_or_without_lock(core: &Core, by: &SweepBy) -> Result<u64> {
    if let Some(deleted) = all_slices(core, by, true).await? {
        core.lost_sweeps.store(0, Ordering::Relaxed);
        return Ok(deleted);
    }
    let lost = core.lost_sweeps.fetch_add(1, Ordering::Relaxed).saturating_add(1);
    if lost < LOST_TURNS {
        return Ok(0);
    }
    if lost.is_multiple_of(LOST_TURNS) {
        warn!(
            "the last {lost} sweeps of {} found the lock of the sweeper taken, and so deleted nothing: expired sessions are \
             deleted without the lock; to find who holds it, run: SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND \
             classid = 1885827955",
            core.options.table.quoted()
        );
    }
    Ok(all_slices(core, by, false).await?.unwrap_or(0))
}

/// Returns how many sessions were deleted, or `None` if another process sweeps. Halves a slice that fails, for example because
/// a foreign key refers to a row, until only that row is left, and skips it.
async fn all_slices(core: &Core, by: &SweepBy, needs_lock: bool) -> Result<Option<u64>> {
    let mut cursor = Cursor::new(by);
    let (mut deleted, mut has_begun, mut waits, mut skipped) = (0, false, 0, 0);
    let mut first_error = None;
    while !cursor.is_past_end() {
        let params = cursor.params(needs_lock);
        match core
            .submit(cursor.statement(), params, core.deadline())
            .await
            .map_err(Error::from)
            .and_then(|reply| Slice::read(&reply))
        {
            Ok(None) if first_error.is_some() && waits < RELEASES => {
                waits += 1;
                pause_until(Instant::now() + RELEASE).await;
            }
            Ok(None) if has_begun || first_error.is_some() => break,
            Ok(None) => return Ok(None),
            Ok(Some(slice)) => {
                (has_begun, waits) = (true, 0);
                deleted += slice.deleted;
                cursor.advance(&slice);
            }
            Err(error) if error.kind() == ErrorKind::Database => {
                if !cursor.narrow() {
                    skipped += 1;
                    if skipped > MOST_SKIPPED {
                        return Err(error);
                    }
                }
                first_error.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    first_error.map_or(Ok(Some(deleted)), Err)
}

/// Where a sweep is in the table, and how much the next slice reads.
enum Cursor<'a> {
    /// In rows of heap blocks.
    Blocks { statement: &'a Arc<Statement>, first: i64, rows: i64, blocks: i64 },
    /// In keys. A slice that skips deletes nothing.
    Keys { statement: &'a Arc<Statement>, after: Option<String>, rows: i64, skips: bool },
}

impl<'a> Cursor<'a> {
    fn new(by: &'a SweepBy) -> Self {
        match by {
            // A slice past the last block returns the number of blocks, too.
            SweepBy::Blocks(statement) => Self::Blocks { statement, first: 0, rows: BLOCKS * ROWS_OF_BLOCK, blocks: 1 },
            SweepBy::Keys(statement) => Self::Keys { statement, after: Some(String::new()), rows: ROWS, skips: false },
        }
    }

    fn statement(&self) -> &'a Arc<Statement> {
        match self {
            Self::Blocks { statement, .. } | Self::Keys { statement, .. } => statement,
        }
    }

    fn is_past_end(&self) -> bool {
        match self {
            Self::Blocks { first, blocks, .. } => *first >= blocks * ROWS_OF_BLOCK,
            Self::Keys { after, .. } => after.is_none(),
        }
    }

    fn params(&self, needs_lock: bool) -> Params {
        let needs_lock = needs_lock.to_string().into();
        match self {
            Self::Blocks { first, rows, .. } => {
                smallvec![tid(*first).into(), tid(first + rows).into(), ROWS.into(), needs_lock]
            }
            Self::Keys { after, rows, skips, .. } => {
                let most = if *skips { 0 } else { ROWS };
                smallvec![after.clone().unwrap_or_default().into(), (*rows).into(), most.into(), needs_lock]
            }
        }
    }

    /// Goes on to the next slice, which is larger again after one that failed.
    fn advance(&mut self, slice: &Slice) {
        match self {
            Self::Blocks { first, rows, blocks, .. } => {
                *blocks = slice.end.as_ref().and_then(|end| end.parse().ok()).unwrap_or(0);
                if slice.deleted < ROWS.unsigned_abs() {
                    *first += *rows;
                    *rows = (2 * *rows).min(BLOCKS * ROWS_OF_BLOCK);
                }
            }
            Self::Keys { after, rows, skips, .. } => {
                after.clone_from(&slice.end);
                *rows = if *skips { 1 } else { (2 * *rows).min(ROWS) };
                *skips = false;
            }
        }
    }

    /// Halves the next slice. Returns false if it has one row already, which is then skipped.
    fn narrow(&mut self) -> bool {
        match self {
            Self::Blocks { rows, first, blocks, .. } => {
                // The number of blocks is not known yet if the first slice fails.
                *blocks = (*blocks).max(*first / ROWS_OF_BLOCK + 2);
                if *rows == 1 {
                    *first += 1;
                    return false;
                }
                *rows /= 2;
            }
            Self::Keys { rows, skips, .. } => {
                if *rows == 1 {
                    *skips = true;
                    return false;
                }
                *rows /= 2;
            }
        }
        true
    }
}

/// Returns the position as a `tid`.
fn tid(row: i64) -> String {
    format!("({},{})", row / ROWS_OF_BLOCK, row % ROWS_OF_BLOCK)
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
