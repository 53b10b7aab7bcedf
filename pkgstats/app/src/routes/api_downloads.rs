//! `/api/v1/packages/{name}/downloads`: the daily downloads of a package, as JSON and as CSV.

use axum::Json;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use pkgstats_catalog::Package;
use pkgstats_core::series::{By, Point, Series, to_csv};
use serde::Deserialize;
use serde_json::{Value, json};
use time::Date;
use time::macros::format_description;

use crate::app::App;
use crate::routes::problem::Problem;

/// The part of the query that says which days.
#[derive(Deserialize)]
pub(crate) struct Period {
    from: Option<String>,
    to: Option<String>,
    by: Option<String>,
}

pub(crate) async fn json(app: &App, package: &Package, period: &Period) -> Result<Response, Problem> {
    let (series, by) = read(app, package, period).await?;
    let sum = series.sum();
    let point = |point: &Point| -> Value {
        json!({ "from": point.from.to_string(), "to": point.to.to_string(), "downloads": point.value() })
    };
    let body = json!({
        "name": package.name,
        "by": by.name(),
        "from": (!series.is_empty()).then(|| series.from().to_string()),
        "to": series.to().map(|day| day.to_string()),
        "sum": { "downloads": sum.downloads, "known_days": sum.known_days, "days": sum.days },
        "points": series.points(by).iter().map(point).collect::<Vec<_>>(),
    });
    Ok(Json(body).into_response())
}

pub(crate) async fn csv(app: &App, package: &Package, period: &Period) -> Result<Response, Problem> {
    let (series, by) = read(app, package, period).await?;
    let csv = to_csv(&[(&package.name, &series.points(by))]);
    Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8")], csv).into_response())
}

async fn read(app: &App, package: &Package, period: &Period) -> Result<(Series, By), Problem> {
    let by = match &period.by {
        Some(text) => text.parse::<By>().map_err(|error| Problem::Invalid(error.to_string()))?,
        None => By::Day,
    };
    let (from, to) = (day(period.from.as_deref())?, day(period.to.as_deref())?);
    let Some((first, last)) = app.days.span(&package.name).await? else {
        return Ok((Series::new(Date::MIN, Vec::new()), by));
    };
    let series = app.days.range(&package.name, from.unwrap_or(first), to.unwrap_or(last)).await?;
    Ok((series, by))
}

fn day(text: Option<&str>) -> Result<Option<Date>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let day = Date::parse(text, format_description!("[year]-[month]-[day]"));
    day.map(Some).map_err(|_| Problem::Invalid(format!("\"{text}\" is no day: write it as 2026-11-27")))
}
