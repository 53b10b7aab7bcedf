//! Replaces the catalogue by what files contain, while searches go on.
//!
//! The rows are staged, joined with what the catalogue keeps, and written to tables of the next generation. These take the
//! place of the current ones in one transaction, at the end. An import that fails or is killed changes nothing.

mod build;
mod facts;
mod fault;
mod item;
mod json;
mod keep;
mod kind;
mod parse;
mod replacements;
mod selection;
pub(crate) mod slice;
mod source;
mod stage;
mod swap;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use deadpool_postgres::{ClientWrapper, Object, Pool};
use pkgstats_core::figure::Month;

use crate::connection::{Connection, client};
use crate::error::Error;
use crate::generation::Generation;
use crate::import::facts::Facts;
use crate::import::keep::keep;
pub use crate::import::kind::{Kind, UnknownKindError};
pub use crate::import::selection::Selection;
use crate::import::source::Source;
use crate::import::stage::{Staging, stage};
use crate::shipped::SLICE;

/// An import holds this advisory lock.
const LOCK: i64 = 0x706b_6773_7461_0002;

const TRY_LOCK: &str = include_str!("../../sql/import/try_lock.sql");
const UNLOCK: &str = include_str!("../../sql/import/unlock.sql");
const CLEAN_UP: &str = include_str!("../../sql/import/clean_up.sql");
const STAGE_TABLES: &str = include_str!("../../sql/import/stage_tables.sql");
const SETTINGS: &str = include_str!("../../sql/import/settings.sql");

/// The files to import at once. What no file is given for stays as it is.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Import {
    sources: Vec<(Kind, Source)>,
    measured: Option<Month>,
    previous_measured: Option<Month>,
    selection: Option<Selection>,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The number of packages in the catalogue.
    pub packages: u64,
    /// The number of rows that each file had, after the selection.
    pub rows: Vec<(Kind, u64)>,
    /// Entries that were left out because no package can have such a name.
    pub skipped: u64,
    /// How long it took.
    pub duration: Duration,
}

impl Import {
    /// Returns an import without files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file: an archive of npm (`.tgz`), or its JSON, which may be compressed with gzip.
    pub fn file(mut self, kind: Kind, path: impl Into<PathBuf>) -> Self {
        self.sources.push((kind, Source::File(path.into())));
        self
    }

    /// Adds the data that this crate ships: the 5,000 most popular packages, and those of
    /// [`example_names`](crate::example_names). For demos without network.
    pub fn shipped(mut self) -> Self {
        self.sources.push((Kind::Slice, Source::Embedded(SLICE)));
        self
    }

    /// Says when the downloads of the kind `download-counts` were measured.
    ///
    /// Default: the month in the version of the archive.
    pub fn measured(mut self, month: Month) -> Self {
        self.measured = Some(month);
        self
    }

    /// Says when the downloads of the kind `previous-download-counts` were measured.
    ///
    /// Default: the month in the version of the archive.
    pub fn previous_measured(mut self, month: Month) -> Self {
        self.previous_measured = Some(month);
        self
    }

    /// Keeps a part of the packages only.
    ///
    /// Default: all.
    pub fn select(mut self, selection: Selection) -> Self {
        self.selection = Some(selection);
        self
    }

    pub(crate) async fn run(mut self, pool: &Pool) -> Result<Report, Error> {
        let start = Instant::now();
        self.sources.sort_by_key(|(kind, _)| *kind);
        let current = current_generation(pool).await?;
        let mut main = connect(pool).await?;
        if !main.query_one(TRY_LOCK, &[&LOCK]).await?.get::<_, bool>(0) {
            return Err(Error::ImportRunning);
        }
        let reader = connect(pool).await?;
        main.batch_execute(CLEAN_UP).await?;
        let done = self.replace(&mut main, &reader, &current).await;
        // If this fails, the next import cleans up.
        let cleaned = main.batch_execute(CLEAN_UP).await;
        // The lock ends with the connection, but PostgreSQL may notice that late.
        let unlocked = main.query_one(UNLOCK, &[&LOCK]).await;
        let (packages, rows, skipped) = done?;
        cleaned?;
        unlocked?;
        let duration = start.elapsed();
        tracing::info!(packages, ?duration, "imported the catalogue");
        Ok(Report { packages, rows, skipped, duration })
    }

    async fn replace(
        self,
        main: &mut ClientWrapper,
        reader: &ClientWrapper,
        current: &Generation,
    ) -> Result<(u64, Vec<(Kind, u64)>, u64), Error> {
        main.batch_execute(STAGE_TABLES).await?;
        let (facts, rows) = self.stage_files(main).await?;
        let kinds: Vec<Kind> = rows.iter().map(|(kind, _)| *kind).collect();
        let Facts { total, previous, skipped, .. } = facts;
        let (total, previous, standings) = keep(main, &kinds, current, (total, previous), &facts).await?;
        let packages = build::packages(reader, main, &standings).await?;
        tracing::info!(packages, "wrote the packages");
        build::small_tables(main, &facts).await?;
        keep::small_tables(main, &kinds).await?;
        build::derived_tables(reader, main).await?;
        swap::swap(main, total, previous).await?;
        Ok((packages, rows, skipped))
    }

    async fn stage_files(self, client: &ClientWrapper) -> Result<(Facts, Vec<(Kind, u64)>), Error> {
        let mut staging = Staging { facts: Facts::default(), selection: self.selection };
        let mut rows = Vec::new();
        for (kind, source) in self.sources {
            let before = staging.facts.small_rows();
            let (staged, month, count) = stage(client, staging, kind, source.clone()).await?;
            staging = staged;
            let count = count + staging.facts.small_rows() - before;
            let (measured, given) = match kind {
                Kind::DownloadCounts => (&mut staging.facts.total.measured, self.measured),
                Kind::PreviousDownloadCounts => (&mut staging.facts.previous.measured, self.previous_measured),
                _ => (&mut None, None),
            };
            if matches!(kind, Kind::DownloadCounts | Kind::PreviousDownloadCounts) {
                *measured = Some(given.or(month).ok_or(Error::NoMonth { path: source.path() })?);
            }
            tracing::info!(%kind, rows = count, "read a file");
            rows.push((kind, count));
        }
        Ok((staging.facts, rows))
    }
}

/// Returns a connection that leaves the pool, because its settings are those of an import.
async fn connect(pool: &Pool) -> Result<ClientWrapper, Error> {
    let client = Object::take(pool.get().await?);
    client.batch_execute(SETTINGS).await?;
    Ok(client)
}

async fn current_generation(pool: &Pool) -> Result<Generation, Error> {
    let mut client = client(pool).await?;
    Generation::read(&Connection::begin(&mut client).await?).await
}
