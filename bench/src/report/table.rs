//! The results in Markdown.

use std::fmt::Write;

use serde_json::Value;

use super::goals::{Bound, Goal};
use super::machine::Machine;
use super::results::Row;
use crate::outcome::Outcome;

pub(crate) fn markdown(rows: &[Row], goals: &[Goal], machine: &Machine, settings: &Value) -> String {
    let mut text = format!("Machine: {machine}.  \nVersions: {}.  \nSettings: `{settings}`.\n", machine.versions());
    text += "\n| figure | goal | measured | reached |\n|---|---|---|---|\n";
    goals.iter().for_each(|goal| text += &goal_row(goal));
    text += "\n| group | operation | callers | target | calls/s | p50 µs | p99 µs | server CPU µs/call | client CPU \
             µs/call | pg-session ÷ target |\n";
    text += "|---|---|---|---|---|---|---|---|---|---|\n";
    rows.iter().for_each(|row| text += &result_row(row));
    text
}

fn goal_row(Goal { figure, bound, measured, reached }: &Goal) -> String {
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

fn result_row(Row { group, operation, callers, target, median, ratio }: &Row) -> String {
    let mut row = format!("| {group} | {} | {callers} | {target} | {:.0}", operation.name(), median.per_second);
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
