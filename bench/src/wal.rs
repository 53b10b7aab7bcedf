//! What a touch writes: HOT updates and bytes of WAL.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio_postgres::Client;

use crate::error::BoxError;
use crate::servers::Servers;
use crate::session::id;
use crate::store::Store;
use crate::targets::PgSession;

const CALLERS: usize = 256;

/// How long PostgreSQL may take to flush its statistics.
const STATISTICS_TIMEOUT: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Wal {
    pub(crate) touches: u64,
    pub(crate) updates: u64,
    pub(crate) hot_updates: u64,
    /// Bytes of WAL records, including those of PostgreSQL's background work.
    pub(crate) records: u64,
    /// Bytes of full-page images, which PostgreSQL writes once per page after each checkpoint.
    pub(crate) page_images: u64,
}

/// Touches every session of pg-session's table once, in random order.
pub(crate) async fn measure(servers: &Servers, sessions: usize) -> Result<Option<Wal>, BoxError> {
    let Some(program) = servers.program("pg_waldump") else {
        eprintln!("skipping WAL: pg_waldump is not installed beside PostgreSQL's other programs");
        return Ok(None);
    };
    let client = servers.client().await?;
    let folder: String = client.query_one("SHOW data_directory", &[]).await?.get(0);

    let before = count_updates(&client).await?;
    let start = position(&client).await?;
    touch_all(&servers.url(), sessions).await?;
    let end = position(&client).await?;

    let mut waldump = Command::new(program);
    waldump.args(["--stats", "--start", &start, "--end", &end, "--path"]).arg(format!("{folder}/pg_wal"));
    let output = waldump.kill_on_drop(true).output().await?;
    let (stdout, stderr) = (String::from_utf8(output.stdout)?, String::from_utf8_lossy(&output.stderr));
    let totals = parse_totals(&stdout);
    let (records, page_images) = totals.ok_or_else(|| format!("pg_waldump printed no totals: {stdout}{stderr}"))?;

    let touches = sessions as u64;
    let deadline = Instant::now() + STATISTICS_TIMEOUT;
    loop {
        let after = count_updates(&client).await?;
        let (updates, hot_updates) = (after.0 - before.0, after.1 - before.1);
        if updates >= touches || Instant::now() > deadline {
            return Ok(Some(Wal { touches, updates, hot_updates, records, page_images }));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn touch_all(url: &str, sessions: usize) -> Result<(), BoxError> {
    let store = Arc::new(PgSession::new(url, "session").await?);
    let mut numbers: Vec<_> = (0..sessions).collect();
    fastrand::shuffle(&mut numbers);
    let mut tasks = JoinSet::new();
    for share in numbers.chunks(sessions.div_ceil(CALLERS)) {
        let (store, share) = (Arc::clone(&store), share.to_vec());
        tasks.spawn(async move {
            for number in share {
                store.touch(&id(number)).await?;
            }
            Ok::<_, BoxError>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    store.close().await;
    Ok(())
}

/// Returns the number of all updates of pg-session's table and of those that were HOT.
async fn count_updates(client: &Client) -> Result<(u64, u64), BoxError> {
    let sql = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relid = 'public.session'::regclass";
    let row = client.query_one(sql, &[]).await?;
    Ok((row.get::<_, i64>(0).try_into()?, row.get::<_, i64>(1).try_into()?))
}

/// Returns the end of the WAL on disk. The message flushes what asynchronous commits, such as touches, left in memory.
async fn position(client: &Client) -> Result<String, BoxError> {
    client.query_one("SELECT pg_logical_emit_message(true, 'bench', 'flush')", &[]).await?;
    Ok(client.query_one("SELECT pg_current_wal_flush_lsn()::text", &[]).await?.get(0))
}

/// Returns the sizes of records and full-page images in the line `Total  12345  1234567 [98.00%]  1234 [2.00%]  …`.
fn parse_totals(output: &str) -> Option<(u64, u64)> {
    let line = output.lines().find_map(|line| line.strip_prefix("Total "))?;
    let mut numbers = line.split_whitespace().filter(|word| !word.starts_with('['));
    let (_count, records, page_images) = (numbers.next()?, numbers.next()?, numbers.next()?);
    Some((records.parse().ok()?, page_images.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_totals_of_pg_waldump_are_parsed() {
        let output = "WAL statistics between 0/1 and 0/2:\n\
            Type     N      (%)   Record size      (%)   FPI size      (%)   Combined size      (%)\n\
            Heap    10 (100.00)           700 (100.00)       8192 (100.00)            8892 (100.00)\n\
            Total   10                    700 [7.87%]        8192 [92.13%]            8892 [100%]\n";
        assert_eq!(parse_totals(output), Some((700, 8192)));
        assert_eq!(parse_totals("pg_waldump: error: could not find a valid record"), None);
    }
}
