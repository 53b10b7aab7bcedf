//! Puts the next generation in the place of the current one.

use std::time::{Duration, Instant};

use tokio::time::sleep;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Transaction};

use crate::error::Error;
use crate::import::item::Total;

const LOCK: &str = include_str!("../../sql/import/lock_tables.sql");
const SWAP: &str = include_str!("../../sql/import/swap.sql");
const STORE_GENERATION: &str = include_str!("../../sql/import/store_generation.sql");

const PAUSE: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(60);

/// Renames the tables in one transaction.
///
/// A search that holds one table and waits for another would deadlock with the renaming, so this waits for locks for a
/// short time only, and tries again.
pub(crate) async fn swap(client: &mut Client, total: Total, previous: Total) -> Result<(), Error> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let transaction = client.transaction().await?;
        match try_swap(transaction, total, previous).await {
            Err(error) if error.is_sql_state(&SqlState::LOCK_NOT_AVAILABLE) => {
                if Instant::now() > deadline {
                    return Err(Error::Busy { seconds: PATIENCE.as_secs() });
                }
                sleep(PAUSE).await;
            }
            done => return done,
        }
    }
}

async fn try_swap(transaction: Transaction<'_>, total: Total, previous: Total) -> Result<(), Error> {
    transaction.batch_execute(LOCK).await?;
    transaction.batch_execute(SWAP).await?;
    let month = |total: Total| total.measured.map(pkgstats_core::figure::Month::to_iso);
    let sum = |total: Total| i64::try_from(total.sum).unwrap_or(i64::MAX);
    transaction.execute(STORE_GENERATION, &[&month(total), &month(previous), &sum(total), &sum(previous)]).await?;
    transaction.commit().await?;
    Ok(())
}
