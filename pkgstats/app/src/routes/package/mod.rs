//! `/package/{name}` and the addresses below it.

mod chart;
mod dependencies;
mod dependents;
mod files;
mod overview;
mod page;
mod state;
mod version;
mod versions;

use axum::extract::{Path, Query as Params, State};
use axum::response::Response;
use serde::Deserialize;

use page::Request;

use crate::address::split;
use crate::app::App;
use crate::chart_options::{ChartOptions, ChartQuery};
use crate::error::Error;
use crate::visitor::Visitor;

/// The query of these addresses.
#[derive(Deserialize)]
pub(crate) struct Query {
    page: Option<String>,
    /// Whether the remote images of the readme are shown.
    images: Option<String>,
    #[serde(flatten)]
    chart: ChartQuery,
}

pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(path): Path<String>,
    Params(query): Params<Query>,
) -> Result<Response, Error> {
    // What is no name of a package is looked for all the same: there may be near ones.
    let (name, below) = split(&path).unwrap_or((path.as_str(), ""));
    let request = Request {
        app: &app,
        visitor: &visitor,
        name,
        page: query.page.as_deref().and_then(|page| page.parse().ok()).unwrap_or(1).max(1),
    };
    match below {
        "" => overview::show(&request, ChartOptions::of(&query.chart), query.images.is_some()).await,
        "versions" => versions::show(&request).await,
        "dependencies" => dependencies::show(&request).await,
        "dependents" => dependents::show(&request).await,
        "files" => files::show(&request).await,
        _ => match below.strip_prefix("v/") {
            Some(version) => version::show(&request, version).await,
            None => Err(Error::NoSuchPage),
        },
    }
}
