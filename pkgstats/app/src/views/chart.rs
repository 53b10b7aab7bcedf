//! A chart of daily downloads, with its data as a table.

use pkgstats_core::chart::{Chart, Line, Scale};
use pkgstats_core::series::{By, Point, Series, cumulative};

use super::numbers::grouped;
use crate::address::{encoded, package_path};
use crate::chart_options::{ChartOptions, RANGES};

/// A chart, and the ways to see it otherwise.
pub(crate) struct ChartView {
    /// `None` if no day is known.
    pub(crate) svg: Option<String>,
    /// The sum, with the days that it covers.
    pub(crate) sum: String,
    /// What readers must know, if anything.
    pub(crate) notice: Option<String>,
    pub(crate) choices: Vec<(&'static str, Vec<Choice>)>,
    /// The period of each point, and its downloads, which are empty for a gap.
    pub(crate) rows: Vec<(String, String)>,
    pub(crate) csv: String,
}

/// A link to the same chart in another way.
pub(crate) struct Choice {
    pub(crate) address: String,
    pub(crate) label: &'static str,
    pub(crate) is_current: bool,
}

impl ChartView {
    pub(crate) fn new(name: &str, series: &Series, options: ChartOptions, notice: Option<String>) -> Self {
        let unit = options.unit();
        let points = series.points(unit);
        let points = if options.is_running { cumulative(&points) } else { points };
        let title = format!("Downloads of {name} by {}", unit.name());
        let line = Line { name, points: &points };
        let chart = Chart { id: "downloads", title: &title, lines: &[line], scale: options.scale };
        let sum = series.sum();
        let days = if sum.known_days == sum.days {
            format!("{} days", sum.days)
        } else {
            format!("{} of {} days", sum.known_days, sum.days)
        };
        let csv = match series.to() {
            Some(to) => format!(
                "/api/v1/packages/{}/downloads.csv?from={}&to={to}&by={}",
                name.split('/').map(encoded).collect::<Vec<_>>().join("/"),
                series.from(),
                unit.name()
            ),
            None => String::new(),
        };
        Self {
            svg: (sum.known_days > 0).then(|| chart.to_svg()),
            sum: format!("{} downloads, the sum of {days}", grouped(sum.downloads)),
            notice,
            choices: choices(name, options),
            rows: points.iter().rev().map(row).collect(),
            csv,
        }
    }
}

fn row(point: &Point) -> (String, String) {
    let period =
        if point.from == point.to { point.from.to_string() } else { format!("{} to {}", point.from, point.to) };
    (period, point.value().map_or_else(String::new, grouped))
}

fn choices(name: &str, now: ChartOptions) -> Vec<(&'static str, Vec<Choice>)> {
    let choice = |label: &'static str, is_current: bool, options: ChartOptions| {
        let query = options.query();
        let path = package_path(name);
        let address = if query.is_empty() { format!("{path}#downloads") } else { format!("{path}?{query}#downloads") };
        Choice { address, label, is_current }
    };
    let units = [(By::Day, "day"), (By::Week, "week"), (By::Month, "month")];
    let scales = [(Scale::Linear, "linear"), (Scale::Log, "logarithmic")];
    let sums = [(false, "each"), (true, "running total")];
    vec![
        (
            "Range",
            RANGES
                .map(|(range, _, label)| choice(label, range == now.range, ChartOptions { range, by: None, ..now }))
                .into(),
        ),
        ("By", units.map(|(by, label)| choice(label, by == now.unit(), ChartOptions { by: Some(by), ..now })).into()),
        ("Scale", scales.map(|(scale, label)| choice(label, scale == now.scale, ChartOptions { scale, ..now })).into()),
        (
            "Sum",
            sums.map(|(is_running, label)| {
                choice(label, is_running == now.is_running, ChartOptions { is_running, ..now })
            })
            .into(),
        ),
    ]
}
