//! Takes over from the current generation what no file is given for.

use std::collections::HashMap;

use pkgstats_core::popularity::Standing;
use tokio_postgres::Client;

use crate::error::Error;
use crate::generation::Generation;
use crate::import::facts::Facts;
use crate::import::item::Total;
use crate::import::kind::Kind;

const NAMES: &str = include_str!("../../sql/import/keep_names.sql");
const COUNTS: &str = include_str!("../../sql/import/keep_counts.sql");
const PREVIOUS: &str = include_str!("../../sql/import/keep_previous.sql");
const REPOSITORIES: &str = include_str!("../../sql/import/keep_repositories.sql");
const DEPENDENTS: &str = include_str!("../../sql/import/keep_dependents.sql");
const TYPES: &str = include_str!("../../sql/import/keep_types.sql");
const REPLACEMENTS: &str = include_str!("../../sql/import/keep_replacements.sql");
const STANDINGS: &str = include_str!("../../sql/import/standings.sql");
const STAGE_STATISTICS: &str = include_str!("../../sql/import/stage_statistics.sql");

/// Completes the staging tables. Returns the totals and the ranks of the next generation.
pub(crate) async fn keep(
    client: &Client,
    kinds: &[Kind],
    current: &Generation,
    (mut total, mut previous): (Total, Total),
    facts: &Facts,
) -> Result<(Total, Total, HashMap<u64, Standing>), Error> {
    let is_missing = |kind| !kinds.contains(&kind) && !kinds.contains(&Kind::Slice);
    for (kind, sql) in [
        (Kind::AllThePackageNames, NAMES),
        (Kind::DownloadCounts, COUNTS),
        (Kind::PreviousDownloadCounts, PREVIOUS),
        (Kind::AllThePackageRepos, REPOSITORIES),
        (Kind::NpmHighImpact, DEPENDENTS),
    ] {
        if is_missing(kind) {
            client.batch_execute(sql).await?;
        }
    }
    client.batch_execute(STAGE_STATISTICS).await?;
    if is_missing(Kind::PreviousDownloadCounts) {
        previous = Total { measured: current.previous_measured, sum: current.previous_sum };
    }
    let standings = if is_missing(Kind::DownloadCounts) {
        total = Total { measured: current.measured, sum: current.sum };
        standings(client).await?
    } else if kinds.contains(&Kind::Slice) {
        facts.standings.clone()
    } else {
        facts.histogram.standings()
    };
    Ok((total, previous, standings))
}

/// Completes the small tables of the next generation.
pub(crate) async fn small_tables(client: &Client, kinds: &[Kind]) -> Result<(), Error> {
    for (kind, sql) in [(Kind::TypesRegistry, TYPES), (Kind::ModuleReplacements, REPLACEMENTS)] {
        if !kinds.contains(&kind) {
            client.batch_execute(sql).await?;
        }
    }
    Ok(())
}

async fn standings(client: &Client) -> Result<HashMap<u64, Standing>, Error> {
    let rows = client.query(STANDINGS, &[]).await?;
    let standing = |row: &tokio_postgres::Row| {
        let small = |column| row.get::<_, Option<i32>>(column).map(i32::unsigned_abs);
        let standing = Standing { rank: small(1)?, shared_by: small(2)? };
        Some((row.get::<_, i64>(0).unsigned_abs(), standing))
    };
    Ok(rows.iter().filter_map(standing).collect())
}
