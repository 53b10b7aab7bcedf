//! The report in Markdown.

use std::fmt::Write;

use serde_json::Value;

use super::targets::{Bound, Target};
use super::{Line, Machine};
use crate::task::Outcome;

pub(crate) fn markdown(lines: &[Line], targets: &[Target], machine: &Machine, settings: &Value) -> String {
    let mut text = format!("Machine: {machine}.  \nVersions: {}.  \nSettings: `{settings}`.\n", machine.versions());
    text += "\n| figure | target | measured | reached |\n|---|---|---|---|\n";
    targets.iter().for_each(|target| text += &target_row(target));
    text += "\n| where | operation | callers | side | a second | p50 µs | p99 µs | processor µs of the servers | of the rest | \
             pg-session : side |\n";
    text += "|---|---|---|---|---|---|---|---|---|---|\n";
    lines.iter().for_each(|line| text += &line_row(line));
    text
}

fn target_row(Target { figure, bound, measured, reached }: &Target) -> String {
    let bound = match bound {
        Bound::AtLeast(bound) => format!("≥ {bound}"),
        Bound::AtMost(bound) => format!("≤ {bound}"),
    };
    let verdict = match reached {
        Some(true) => "yes",
        Some(false) => "**no**",
        None => "not measured",
    };
    format!("| {figure} | {bound} | {} | {verdict} |\n", number(*measured, 2))
}

fn line_row(Line { group, operation, callers, side, median, ratio }: &Line) -> String {
    let mut row = format!("| {group} | {} | {callers} | {side} | {:.0}", operation.name(), median.per_second);
    let Outcome { p50_us, p99_us, server_us, client_us, .. } = median;
    for (value, digits) in [(*p50_us, 0), (*p99_us, 0), (*server_us, 1), (*client_us, 1), (*ratio, 2)] {
        // Writing to a String cannot fail.
        let _ = write!(row, " | {}", number(value, digits));
    }
    row + " |\n"
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map(|value| format!("{value:.digits$}")).unwrap_or_default()
}
