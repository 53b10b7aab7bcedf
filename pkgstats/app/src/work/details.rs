//! Reads the details of a package, and stores them.

use pkgstats_catalog::Details;
use pkgstats_catalog::jobs::JobKind;
use pkgstats_registry::{Fetched, Registry};

use crate::app::App;

pub(super) async fn read(app: &App, registry: &Registry, name: &str) {
    let names = [name.to_owned()];
    let ended = match registry.packument(name, None).await {
        Ok(Fetched::New { value: packument, .. }) => {
            let manifest = packument.latest_manifest.clone().unwrap_or_default();
            let details = Details {
                name: name.to_owned(),
                version: packument.latest().map(|latest| latest.version.clone()),
                description: manifest.description,
                keywords: manifest.keywords,
                deprecated: manifest.deprecated,
            };
            match app.catalog.store_details(&details, None).await {
                Ok(()) => app.jobs.done(JobKind::Details, &names).await,
                Err(error) => Err(error),
            }
        }
        Ok(Fetched::NotModified) => app.jobs.done(JobKind::Details, &names).await,
        Err(error) => app.jobs.failed(JobKind::Details, &names, &error.to_string(), error.retry_after()).await,
    };
    if let Err(error) = ended {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, name, "details cannot be stored");
    }
}
