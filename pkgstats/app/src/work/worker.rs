//! A worker: it takes jobs of one kind, and reads what they ask for.

use std::pin::pin;
use std::time::Duration;

use pkgstats_catalog::jobs::JobKind;
use pkgstats_registry::Registry;
use tokio::sync::watch;
use tokio::time::timeout;

use super::{days, details};
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

/// Returns how many jobs of a kind are read together.
fn together(kind: JobKind) -> i64 {
    match kind {
        JobKind::Details => 1,
        // As many as a call to the downloads API may have.
        JobKind::Downloads => 128,
    }
}

/// Takes jobs of a kind until it is stopped.
pub(super) async fn run(app: App, registry: Registry, kind: JobKind, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow_and_update() {
        // Before the look, so that no job is missed.
        let mut added = pin!(app.wake.added.notified());
        added.as_mut().enable();
        let names = app.jobs.take(kind, together(kind)).await.unwrap_or_else(|error| {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, %kind, "jobs cannot be taken");
            Vec::new()
        });
        let work = async {
            if names.is_empty() {
                let _ = timeout(POLL, added).await;
            } else {
                work(&app, &registry, kind, &names).await;
            }
        };
        tokio::select! {
            () = work => {}
            _ = stopped.changed() => give_back(&app, kind, &names).await,
        }
    }
}

async fn work(app: &App, registry: &Registry, kind: JobKind, names: &[String]) {
    match kind {
        JobKind::Details => {
            for name in names {
                details::read(app, registry, name).await;
            }
        }
        JobKind::Downloads => days::read(app, registry, names).await,
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
