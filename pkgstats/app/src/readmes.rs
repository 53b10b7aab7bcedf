//! Readmes as HTML. Rendering takes up to a second, so they are kept for a while.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use pkgstats_catalog::readings::{Facts, Readings};
use pkgstats_core::manifest::Repository;
use pkgstats_core::readme::{Readme, Source, Syntax, render};
use tokio::task::spawn_blocking;

use crate::error::Error;

/// The most bytes of HTML that are kept.
const MOST_BYTES: u64 = 32 << 20;

const KEPT: Duration = Duration::from_secs(3600);

/// Rendered readmes, by package and version. Clones share them.
#[derive(Clone)]
pub(crate) struct Readmes {
    kept: Cache<(String, String), Arc<Readme>>,
}

impl Readmes {
    pub(crate) fn new() -> Self {
        let size = |_: &(String, String), readme: &Arc<Readme>| u32::try_from(readme.html.len()).unwrap_or(u32::MAX);
        Self { kept: Cache::builder().weigher(size).max_capacity(MOST_BYTES).time_to_live(KEPT).build() }
    }

    /// Returns the readme of a package's latest version, or `None` if it has none.
    pub(crate) async fn get(
        &self,
        readings: &Readings,
        name: &str,
        version: &str,
        facts: &Facts,
    ) -> Result<Option<Arc<Readme>>, Error> {
        let key = (name.to_owned(), version.to_owned());
        if let Some(readme) = self.kept.get(&key).await {
            return Ok(Some(readme));
        }
        let Some(found) = readings.readme(name).await? else { return Ok(None) };
        let repository = facts.repository.as_deref().and_then(Repository::parse);
        let repository = repository.map(|repository| Repository { directory: facts.directory.clone(), ..repository });
        let rendered = spawn_blocking(move || {
            let syntax = Syntax::of_file(&found.path);
            render(Source { text: &found.text, syntax, repository: repository.as_ref() })
        });
        let readme = Arc::new(rendered.await.map_err(|_| Error::Interrupted)?);
        self.kept.insert(key, Arc::clone(&readme)).await;
        Ok(Some(readme))
    }
}
