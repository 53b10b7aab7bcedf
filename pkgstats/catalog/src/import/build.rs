//! Builds the tables of the next generation from the staging tables.

use std::collections::HashMap;

use futures_util::TryStreamExt;
use pkgstats_core::name::key;
use pkgstats_core::near::{Kind as NearKind, deletions};
use pkgstats_core::owner::{fold, github_owner, is_holding};
use pkgstats_core::popularity::Standing;
use pkgstats_core::word::words;
use tokio_postgres::Client;
use tokio_postgres::binary_copy::{BinaryCopyInWriter, BinaryCopyOutRow, BinaryCopyOutStream};
use tokio_postgres::types::Type;

use crate::error::Error;
use crate::import::facts::Facts;
use crate::tables::{INDEXES, TABLES};
use crate::tier::tier_of;

const JOINED: &str = include_str!("../../sql/import/joined.sql");
const COPY_PACKAGES: &str = include_str!("../../sql/import/copy_packages.sql");
const COPY_NEAR: &str = include_str!("../../sql/import/copy_near.sql");
const COPY_TYPES: &str = include_str!("../../sql/import/copy_types.sql");
const COPY_REPLACEMENTS: &str = include_str!("../../sql/import/copy_replacements.sql");
const POPULAR_NAMES: &str = include_str!("../../sql/import/popular_names.sql");
const COMMON_WORDS: &str = include_str!("../../sql/import/common_words.sql");
const WORDS: &str = include_str!("../../sql/import/words.sql");
const OWNERS: &str = include_str!("../../sql/import/owners.sql");
const LISTS: &str = include_str!("../../sql/import/lists.sql");
const STATISTICS: &str = include_str!("../../sql/import/statistics.sql");

const PREFIX: &str = "next_";

/// Creates the tables, and fills that of the packages. Returns their number.
///
/// The rows are frozen, which needs a table of the same transaction: index-only scans work without a vacuum.
pub(crate) async fn packages(
    reader: &Client,
    writer: &mut Client,
    standings: &HashMap<u64, Standing>,
) -> Result<u64, Error> {
    let transaction = writer.transaction().await?;
    transaction.batch_execute(&TABLES.replace("{prefix}", PREFIX)).await?;
    let sink = transaction.copy_in(COPY_PACKAGES).await?;
    let mut copy = Box::pin(BinaryCopyInWriter::new(
        sink,
        &[
            Type::INT4,
            Type::INT2,
            Type::TEXT,
            Type::TEXT,
            Type::TEXT_ARRAY,
            Type::INT8,
            Type::INT8,
            Type::INT4,
            Type::INT4,
            Type::TEXT,
            Type::TEXT,
            Type::BOOL,
            Type::BOOL,
            Type::INT4,
        ],
    ));
    let joined = reader.copy_out(JOINED).await?;
    let types = [Type::TEXT, Type::INT8, Type::INT8, Type::TEXT, Type::BOOL, Type::INT4];
    let mut joined = Box::pin(BinaryCopyOutStream::new(joined, &types));
    let mut id = 0_i32;
    while let Some(row) = joined.try_next().await? {
        id += 1;
        let Joined { name, downloads, previous, repository, listed, dependents } = Joined::of(&row)?;
        let words: Vec<String> = words(name).into_iter().collect();
        let standing = downloads.and_then(|downloads| standings.get(&downloads.unsigned_abs()));
        let small = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let rank = standing.map(|standing| small(standing.rank));
        let shared_by = standing.map(|standing| small(standing.shared_by));
        let owner = repository.and_then(github_owner).map(fold);
        let holding = repository.is_some_and(is_holding);
        copy.as_mut()
            .write(&[
                &id,
                &tier_of(id),
                &name,
                &key(name),
                &words,
                &downloads,
                &previous,
                &rank,
                &shared_by,
                &repository,
                &owner,
                &holding,
                &listed,
                &dependents,
            ])
            .await?;
    }
    let packages = copy.as_mut().finish().await?;
    transaction.commit().await?;
    Ok(packages)
}

/// A row of the joined staging tables.
struct Joined<'a> {
    name: &'a str,
    downloads: Option<i64>,
    previous: Option<i64>,
    repository: Option<&'a str>,
    listed: bool,
    dependents: Option<i32>,
}

impl<'a> Joined<'a> {
    fn of(row: &'a BinaryCopyOutRow) -> Result<Self, Error> {
        Ok(Self {
            name: row.try_get(0)?,
            downloads: row.try_get(1)?,
            previous: row.try_get(2)?,
            repository: row.try_get(3)?,
            listed: row.try_get(4)?,
            dependents: row.try_get(5)?,
        })
    }
}

/// Fills the small tables that come from the files themselves.
pub(crate) async fn small_tables(client: &Client, facts: &Facts) -> Result<(), Error> {
    let mut copy = Box::pin(BinaryCopyInWriter::new(client.copy_in(COPY_TYPES).await?, &[Type::TEXT]));
    for name in &facts.types {
        copy.as_mut().write(&[name]).await?;
    }
    copy.as_mut().finish().await?;
    let types = [Type::TEXT, Type::TEXT, Type::TEXT_ARRAY, Type::TEXT, Type::TEXT];
    let sink = client.copy_in(COPY_REPLACEMENTS).await?;
    let mut copy = Box::pin(BinaryCopyInWriter::new(sink, &types));
    for (name, replacement) in &facts.replacements {
        let kind = replacement.kind.name();
        copy.as_mut().write(&[name, &kind, &replacement.instead, &replacement.description, &replacement.url]).await?;
    }
    copy.as_mut().finish().await?;
    Ok(())
}

/// Fills the tables that come from the packages, and creates all indexes.
pub(crate) async fn derived_tables(reader: &Client, client: &Client) -> Result<(), Error> {
    client.batch_execute(OWNERS).await?;
    client.batch_execute(WORDS).await?;
    client.batch_execute(LISTS).await?;
    tracing::info!("wrote words, owners and lists");
    near(reader, client).await?;
    tracing::info!("wrote the deletions");
    client.batch_execute(&INDEXES.replace("{prefix}", PREFIX)).await?;
    tracing::info!("created the indexes");
    // One statement at a time: VACUUM cannot run in a transaction.
    for statement in STATISTICS.split_terminator(';') {
        client.batch_execute(statement).await?;
    }
    Ok(())
}

/// Fills the table of deletions with popular names and common words.
async fn near(reader: &Client, client: &Client) -> Result<(), Error> {
    let sink = client.copy_in(COPY_NEAR).await?;
    let mut copy = Box::pin(BinaryCopyInWriter::new(sink, &[Type::INT8, Type::INT4]));
    for (kind, sql) in [(NearKind::Name, POPULAR_NAMES), (NearKind::Word, COMMON_WORDS)] {
        let texts = reader.copy_out(sql).await?;
        let mut texts = Box::pin(BinaryCopyOutStream::new(texts, &[Type::INT4, Type::TEXT]));
        while let Some(row) = texts.try_next().await? {
            let (id, text): (i32, &str) = (row.try_get(0)?, row.try_get(1)?);
            for hash in deletions(kind, text) {
                copy.as_mut().write(&[&hash, &id]).await?;
            }
        }
    }
    copy.as_mut().finish().await?;
    Ok(())
}
