//! Reads a file, and copies its rows into the staging tables.

use pkgstats_core::figure::Month;
use tokio::sync::mpsc;
use tokio_postgres::Client;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};

use crate::error::Error;
use crate::import::facts::Facts;
use crate::import::item::Item;
use crate::import::kind::Kind;
use crate::import::selection::Selection;
use crate::import::source::{self, Source};

/// The rows of one COPY. The time hardly depends on it from 4,096 on.
const BATCH: usize = 16_384;

/// How many batches the parser may be ahead of PostgreSQL.
const BATCHES_AHEAD: usize = 4;

/// What staging collects over all files.
#[derive(Default)]
pub(crate) struct Staging {
    pub(crate) facts: Facts,
    pub(crate) selection: Option<Selection>,
}

/// Copies the rows of a file. Returns the staging, the month of the file if it has one, and the number of rows.
pub(crate) async fn stage(
    client: &Client,
    staging: Staging,
    kind: Kind,
    source: Source,
) -> Result<(Staging, Option<Month>, u64), Error> {
    let (sender, mut batches) = mpsc::channel(BATCHES_AHEAD);
    let parser = tokio::task::spawn_blocking(move || parse(staging, kind, &source, &sender));
    let mut rows = 0;
    while let Some(batch) = batches.recv().await {
        rows += copy(client, &batch).await?;
    }
    let (staging, month) = parser.await??;
    Ok((staging, month, rows))
}

fn parse(
    mut staging: Staging,
    kind: Kind,
    source: &Source,
    sender: &mpsc::Sender<Vec<Item>>,
) -> Result<(Staging, Option<Month>), Error> {
    let mut batch = Vec::with_capacity(BATCH);
    let Staging { facts, selection } = &mut staging;
    let month = source::read(kind, source, &mut |item| {
        // Nobody reads what a cancelled or failed import still parses.
        if sender.is_closed() {
            return;
        }
        // A slice has no row for most of the packages that its totals count.
        if kind != Kind::Slice {
            facts.count(&item);
        }
        batch.extend(facts.note(item, selection.as_mut()));
        if batch.len() == BATCH {
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
            // Fails only if the import has ended.
            let _ = sender.blocking_send(full);
        }
    })?;
    let _ = sender.blocking_send(batch);
    Ok((staging, month))
}

/// A staging table. All have a name, and most a second column.
const TABLES: [(&str, Option<Type>); 5] = [
    (include_str!("../../sql/import/copy_names.sql"), None),
    (include_str!("../../sql/import/copy_counts.sql"), Some(Type::INT8)),
    (include_str!("../../sql/import/copy_previous.sql"), Some(Type::INT8)),
    (include_str!("../../sql/import/copy_repositories.sql"), Some(Type::TEXT)),
    (include_str!("../../sql/import/copy_dependents.sql"), Some(Type::INT4)),
];

/// Returns the index of the item's table, and its row.
fn row(item: &Item) -> Option<(usize, &String, Second<'_>)> {
    let count = |downloads: u64| Second::Count(i64::try_from(downloads).unwrap_or(i64::MAX));
    Some(match item {
        Item::Name(name) => (0, name, Second::None),
        Item::Count(name, downloads) => (1, name, count(*downloads)),
        Item::Previous(name, downloads) => (2, name, count(*downloads)),
        Item::Repository(name, url) => (3, name, Second::Text(url)),
        Item::Dependents(name, position) => (4, name, Second::Position(i32::try_from(*position).unwrap_or(i32::MAX))),
        _ => return None,
    })
}

/// The second column of a row.
enum Second<'a> {
    None,
    Count(i64),
    Position(i32),
    Text(&'a String),
}

async fn copy(client: &Client, batch: &[Item]) -> Result<u64, Error> {
    let mut copied = 0;
    for (index, (sql, second)) in TABLES.iter().enumerate() {
        let rows: Vec<_> = batch.iter().filter_map(row).filter(|(table, ..)| *table == index).collect();
        if rows.is_empty() {
            continue;
        }
        let types: Vec<Type> = [Type::TEXT].into_iter().chain(second.clone()).collect();
        let mut writer = Box::pin(BinaryCopyInWriter::new(client.copy_in(*sql).await?, &types));
        for (_, name, second) in rows {
            let params: &[&(dyn ToSql + Sync)] = match &second {
                Second::None => &[name],
                Second::Count(count) => &[name, count],
                Second::Position(position) => &[name, position],
                Second::Text(text) => &[name, text],
            };
            writer.as_mut().write(params).await?;
        }
        copied += writer.as_mut().finish().await?;
    }
    Ok(copied)
}
