//! Reads the daily downloads of packages, and stores them.

use std::collections::BTreeMap;

use pkgstats_catalog::jobs::JobKind;
use pkgstats_registry::{EARLIEST, Registry, plan};
use time::{Date, Duration, OffsetDateTime};

use super::failure::Failure;
use crate::app::App;

/// The last days are read again: counts of them may come later.
const UNSETTLED: Duration = Duration::days(3);

/// Returns the last day that the downloads API may have counts of.
pub(crate) fn yesterday() -> Date {
    let today = OffsetDateTime::now_utc().date();
    today.previous_day().unwrap_or(today)
}

/// Does the jobs of packages: each is done, or fails and is tried again later.
pub(super) async fn read(app: &App, registry: &Registry, names: &[String]) {
    let ended = match read_and_store(app, registry, names).await {
        Ok(refused) => {
            let done: Vec<_> = names.iter().filter(|name| !refused.contains(name)).cloned().collect();
            let problem = "the downloads API, or a firewall before it, refuses this name";
            match app.jobs.failed(JobKind::Downloads, &refused, problem, None).await {
                Ok(()) => app.jobs.done(JobKind::Downloads, &done).await,
                failed => failed,
            }
        }
        Err(Failure::Registry(error)) => {
            app.jobs.failed(JobKind::Downloads, names, &error.to_string(), error.retry_after()).await
        }
        Err(Failure::Catalog(error)) => Err(error),
    };
    if let Err(error) = ended {
        Failure::from(error).warn("daily downloads cannot be stored");
    }
}

/// Returns the names that the API refuses.
async fn read_and_store(app: &App, registry: &Registry, names: &[String]) -> Result<Vec<String>, Failure> {
    let mut by_start: BTreeMap<Date, Vec<String>> = BTreeMap::new();
    for name in names {
        let last = app.days.span(name).await?.map(|(_, last)| last);
        let from = last.and_then(|last| last.checked_sub(UNSETTLED)).unwrap_or(EARLIEST);
        by_start.entry(from).or_default().push(name.clone());
    }
    let mut refused = Vec::new();
    for (from, names) in by_start {
        for call in plan(&names, from, yesterday()) {
            let downloads = registry.downloads(&call).await?;
            for (name, series) in &downloads.series {
                app.days.store(name, series).await?;
            }
            refused.extend(downloads.refused);
            app.wake.ended.notify_waiters();
        }
    }
    refused.sort();
    refused.dedup();
    Ok(refused)
}
