//! The chart of a package's daily downloads.

use std::time::Duration;

use pkgstats_catalog::jobs::{JobKind, Urgency};
use pkgstats_core::series::Series;
use time::Date;
use tokio::time::{Instant, timeout_at};

use crate::app::App;
use crate::chart_options::{ChartOptions, Range};
use crate::error::Error;
use crate::views::ChartView;
use crate::work::days::yesterday;

/// How long a page waits for days that were never read.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// Returns the chart, or `None` if there is nothing to say of daily downloads.
pub(super) async fn chart(app: &App, name: &str, options: ChartOptions) -> Result<Option<ChartView>, Error> {
    let (span, notice) = span(app, name).await?;
    if span.is_none() && notice.is_none() {
        return Ok(None);
    }
    let series = match span {
        Some((first, last)) => days(app, name, (first, last), options.range).await?,
        None => Series::new(yesterday(), Vec::new()),
    };
    Ok(Some(ChartView::new(name, &series, options, notice)))
}

/// Returns the days that are stored, and what readers must know. Has missing days read.
async fn span(app: &App, name: &str) -> Result<(Option<(Date, Date)>, Option<String>), Error> {
    let mut span = app.days.span(name).await?;
    if app.registry.is_none() || span.is_some_and(|(_, last)| last >= yesterday()) {
        return Ok((span, None));
    }
    let until = Instant::now() + PATIENCE;
    let urgency = if span.is_none() { Urgency::Urgent } else { Urgency::Usual };
    app.ask(JobKind::Downloads, &[name.to_owned()], urgency).await?;
    loop {
        // Before the look, so that nothing is missed.
        let ended = app.wake.ended.notified();
        if span.is_none() {
            span = app.days.span(name).await?;
        }
        let problem = app.jobs.state(JobKind::Downloads, name).await?.and_then(|job| job.problem);
        if let Some(problem) = problem {
            return Ok((span, Some(format!("Daily downloads cannot be read now: {problem}."))));
        }
        if span.is_some() || timeout_at(until, ended).await.is_err() {
            let is_reading = span.is_none().then(|| "Daily downloads are being read.".to_owned());
            return Ok((span, is_reading));
        }
    }
}

async fn days(app: &App, name: &str, (first, last): (Date, Date), range: Range) -> Result<Series, Error> {
    let from = match range {
        Range::Days(days) => {
            last.checked_sub(time::Duration::days(i64::from(days) - 1)).map_or(first, |day| day.max(first))
        }
        Range::All => first,
    };
    let series = app.days.range(name, from, last).await?;
    // Before its publication, a package has days of no downloads.
    let published = series.iter().find(|(_, count)| count.is_some_and(|count| count > 0)).map(|(day, _)| day);
    Ok(match (range, published) {
        (Range::All, Some(day)) => series.slice(day, last),
        _ => series,
    })
}
