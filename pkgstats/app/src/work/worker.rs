//! A worker: it takes jobs of one kind, and reads what they ask for.

use std::time::Duration;

use pkgstats_catalog::jobs::JobKind;
use pkgstats_registry::Registry;
use tokio::sync::watch;
use tokio::time::sleep;

use super::details;
use crate::app::App;

/// How often a worker looks for jobs that another process has added.
const POLL: Duration = Duration::from_secs(5);

/// Returns how many jobs of a kind are read at once, in a process.
pub(super) fn at_once(kind: JobKind) -> usize {
    match kind {
        JobKind::Details => 4,
        // The downloads API allows one request at a time.
        JobKind::Downloads => 1,
    }
}

/// Takes jobs of a kind until it is stopped.
pub(super) async fn run(app: App, registry: Registry, kind: JobKind, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow_and_update() {
        let names = app.jobs.take(kind, 1).await.unwrap_or_else(|error| {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, %kind, "jobs cannot be taken");
            Vec::new()
        });
        tokio::select! {
            () = work(&app, &registry, kind, &names) => {}
            _ = stopped.changed() => give_back(&app, kind, &names).await,
        }
    }
}

/// Reads, or waits a little if there is nothing to read.
async fn work(app: &App, registry: &Registry, kind: JobKind, names: &[String]) {
    if names.is_empty() {
        tokio::select! {
            () = app.wake.added.notified() => {}
            () = sleep(POLL) => {}
        }
        return;
    }
    for name in names {
        match kind {
            JobKind::Details => details::read(app, registry, name).await,
            JobKind::Downloads => {}
        }
    }
    app.wake.ended.notify_waiters();
}

/// What is not given back comes back later by itself.
async fn give_back(app: &App, kind: JobKind, names: &[String]) {
    if let Err(error) = app.jobs.release(kind, names).await {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, %kind, "jobs cannot be given back");
    }
}
