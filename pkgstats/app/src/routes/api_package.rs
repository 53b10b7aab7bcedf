//! `/api/v1/packages/{name}`: a package, and what was read of it.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::extract::{Path, Query as Params, State};
use axum::response::{IntoResponse, Response};
use pkgstats_catalog::readings::{Facts, StoredFacts, Version};
use pkgstats_catalog::{Details, Package};
use serde::Serialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::address::split;
use crate::app::App;
use crate::routes::api_downloads::{self, Period};
use crate::routes::paging::Paging;
use crate::routes::problem::Problem;

/// How many versions an answer has.
const VERSIONS: i64 = 100;

/// A package with its figures and details.
#[derive(Serialize)]
pub(crate) struct Answer {
    #[serde(flatten)]
    package: Package,
    detail: Option<Detail>,
}

/// What was read of a package.
#[derive(Serialize)]
struct Detail {
    #[serde(flatten)]
    details: Details,
    #[serde(flatten)]
    facts: Facts,
    read_at: Option<String>,
}

pub(crate) async fn show(
    State(app): State<App>,
    Path(path): Path<String>,
    Params(paging): Params<Paging>,
    Params(period): Params<Period>,
) -> Result<Response, Problem> {
    let (name, below) = split(&path).unwrap_or((path.as_str(), ""));
    let package = app.catalog.package(name).await?.ok_or(Problem::NotFound("package"))?;
    match below {
        "" => Ok(Json(answer(&app, package).await?).into_response()),
        "downloads" => api_downloads::json(&app, &package, &period).await,
        "downloads.csv" => api_downloads::csv(&app, &package, &period).await,
        "versions" => Ok(Json(versions(&app, name, paging.number()).await?).into_response()),
        _ => Err(Problem::NotFound("address")),
    }
}

/// Returns a package with what was read of it.
pub(crate) async fn answer(app: &App, mut package: Package) -> Result<Answer, Problem> {
    let stored = app.readings.facts(&package.name).await?;
    let detail =
        |details: Details, StoredFacts { facts, read_at, .. }| Detail { details, facts, read_at: text(read_at) };
    let detail = package.detail.take().zip(stored).map(|(details, stored)| detail(details, stored));
    Ok(Answer { package, detail })
}

async fn versions(app: &App, name: &str, page: usize) -> Result<Value, Problem> {
    let before = i64::try_from(page - 1).unwrap_or(i64::MAX).saturating_mul(VERSIONS);
    let versions = app.readings.versions(name, VERSIONS, before).await?;
    let total = app.readings.count_versions(name).await?;
    Ok(json!({ "name": name, "total": total, "versions": versions.iter().map(version).collect::<Vec<_>>() }))
}

fn version(version: &Version) -> Value {
    json!({
        "version": version.version,
        "published": version.published.and_then(text),
        "deprecated": version.deprecated,
        "license": version.license,
        "module_format": version.module_format,
        "has_types": version.has_types,
        "node": version.node,
        "dependencies": version.dependencies,
        "unpacked_size": version.unpacked_size,
        "file_count": version.file_count,
    })
}

/// Returns a time as text in the format of RFC 3339.
fn text(time: SystemTime) -> Option<String> {
    let seconds = i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()?;
    OffsetDateTime::from_unix_timestamp(seconds).ok()?.format(&Rfc3339).ok()
}
