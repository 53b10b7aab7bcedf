//! The chart: calls per second as bars, scaled to the longest bar of each panel. Readable in light and dark mode.

use super::results::Row;
use crate::target::{Group, PG_SESSION};
use crate::task::Operation;

const CALLERS: usize = 256;
const PANELS: [(&str, Group, Operation); 6] = [
    ("Rust: get", Group::Rust, Operation::Get),
    ("Rust: set", Group::Rust, Operation::Set),
    ("Node: get", Group::Node, Operation::Get),
    ("Node: set", Group::Node, Operation::Set),
    ("HTTP: axum", Group::Axum, Operation::Visit),
    ("HTTP: Koa", Group::Koa, Operation::Visit),
];

// In pixels.
const WIDTH: f64 = 760.0;
const MARGIN: f64 = 20.0;
const NAMES: f64 = 320.0;
const NUMBERS: f64 = 70.0;
const ROW_HEIGHT: f64 = 22.0;
const BAR_HEIGHT: f64 = 14.0;
const HEADING: f64 = 34.0;
const TITLE: f64 = 56.0;

const STYLE: &str = "\
text{font:13px system-ui,-apple-system,'Segoe UI',sans-serif;fill:#1f2328}\
.title{font-size:17px;font-weight:600}.heading{font-weight:600}.note,.number{fill:#59636e}.note{font-size:12px}\
.highlight{fill:#2f6fdb}.other{fill:#a9b4c0}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.note,.number{fill:#9198a1}\
.highlight{fill:#5b9bff}.other{fill:#4d5763}}";

/// Renders the chart, with `note` in small print below the title.
pub(crate) fn svg(rows: &[Row], note: &str) -> String {
    let mut body = text(MARGIN, 28.0, "title", &format!("Calls per second, {CALLERS} callers"));
    body += &text(MARGIN, 47.0, "note", note);
    let mut y = TITLE;
    for (heading, group, operation) in PANELS {
        let is_in_panel = |row: &&Row| (row.group, row.operation, row.callers) == (group, operation, CALLERS);
        let mut bars: Vec<_> = rows.iter().filter(is_in_panel).collect();
        bars.sort_by(|a, b| b.median.per_second.total_cmp(&a.median.per_second));
        let Some(longest) = bars.first().map(|row| row.median.per_second) else { continue };
        body += &text(MARGIN, y + 24.0, "heading", heading);
        y += HEADING;
        for row in bars {
            body += &bar(row, longest, y);
            y += ROW_HEIGHT;
        }
    }
    let height = y + MARGIN;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" role=\"img\" \
         aria-label=\"Calls per second of pg-session and its peers\">\n<style>{STYLE}</style>\n{body}</svg>\n"
    )
}

fn bar(row: &Row, longest: f64, y: f64) -> String {
    let max_width = WIDTH - 2.0 * MARGIN - NAMES - NUMBERS;
    let width = (max_width * row.median.per_second / longest).max(1.0);
    let class = if row.target == PG_SESSION { "highlight" } else { "other" };
    let (left, top, middle) = (MARGIN + NAMES, y + (ROW_HEIGHT - BAR_HEIGHT) / 2.0, y + ROW_HEIGHT / 2.0 + 4.5);
    let bar = format!(
        "<rect class=\"{class}\" x=\"{left}\" y=\"{top}\" width=\"{width:.1}\" height=\"{BAR_HEIGHT}\" rx=\"2\"/>\n"
    );
    let number = text(left + width + 6.0, middle, "number", &thousands(row.median.per_second));
    text(MARGIN + 8.0, middle, "name", row.target) + &bar + &number
}

fn text(x: f64, y: f64, class: &str, text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\">{text}</text>\n")
}

/// Formats 1234567 as `1,234,567`.
fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Outcome;

    fn row(target: &'static str, per_second: f64) -> Row {
        let median = Outcome { per_second, ..Outcome::default() };
        Row { group: Group::Rust, operation: Operation::Get, callers: CALLERS, target, median, ratio: None }
    }

    #[test]
    fn bars_are_proportional_and_the_fastest_comes_first() {
        let chart = svg(&[row("a < b", 50_000.0), row(PG_SESSION, 200_000.0)], "R&D");
        let widths: Vec<_> = chart.split("width=\"").skip(2).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(widths, ["330.0", "82.5"]);
        assert!(chart.find("200,000") < chart.find("a &lt; b") && chart.contains("R&amp;D"), "{chart}");
        assert!(!chart.contains("Node: get"), "a panel without bars is left out");
    }

    #[test]
    fn thousands_are_separated_by_commas() {
        assert_eq!(
            ["7", "999", "1,000", "123,456"],
            [7.4, 999.0, 1000.0, 123_456.0].map(thousands).each_ref().map(|s| s.as_str())
        );
    }
}
