//! Reads the details of a package, and stores them.

use pkgstats_catalog::jobs::JobKind;
use pkgstats_registry::{Fetched, Registry};

use super::failure::Failure;
use super::reading::reading;
use crate::app::App;

/// Does the job of one package: it is done, or fails and is tried again later.
pub(super) async fn read(app: &App, registry: &Registry, name: &str) {
    let names = [name.to_owned()];
    let ended = match read_and_store(app, registry, name).await {
        Ok(()) => app.jobs.done(JobKind::Details, &names).await,
        Err(Failure::Registry(error)) => {
            app.jobs.failed(JobKind::Details, &names, &error.to_string(), error.retry_after()).await
        }
        Err(Failure::Catalog(error)) => Err(error),
    };
    if let Err(error) = ended {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, name, "details cannot be stored");
    }
}

async fn read_and_store(app: &App, registry: &Registry, name: &str) -> Result<(), Failure> {
    let stored = app.readings.facts(name).await?;
    // After a problem with the tarball, everything is read again.
    let known = stored.filter(|stored| stored.facts.problem.is_none()).and_then(|stored| stored.etag);
    let (packument, etag) = match registry.packument(name, known.as_deref()).await? {
        Fetched::NotModified => return Ok(app.readings.confirm(name).await?),
        Fetched::New { value, etag, .. } => (value, etag),
    };
    let contents = match packument.latest() {
        Some(latest) => Some(registry.tarball(name, latest).await),
        None => None,
    };
    Ok(app.readings.store(&reading(name, &packument, etag, contents)).await?)
}
