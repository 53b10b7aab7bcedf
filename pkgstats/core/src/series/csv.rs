//! The points of one or more series as CSV. A gap is an empty cell.

use std::fmt::Write;

use super::bucket::Point;

/// Returns CSV (RFC 4180) with a row for each point and a column for each named series, which have the same days.
///
/// A cell is empty where days are unknown.
#[must_use]
pub fn to_csv(series: &[(&str, &[Point])]) -> String {
    let mut csv = String::from("from,to");
    for (name, _) in series {
        csv.push(',');
        push_cell(&mut csv, name);
    }
    csv.push_str("\r\n");
    let longest = series.iter().map(|(_, points)| *points).max_by_key(|points| points.len()).unwrap_or_default();
    for (index, row) in longest.iter().enumerate() {
        let _ = write!(csv, "{},{}", row.from, row.to);
        for (_, points) in series {
            csv.push(',');
            if let Some(value) = points.get(index).and_then(Point::value) {
                let _ = write!(csv, "{value}");
            }
        }
        csv.push_str("\r\n");
    }
    csv
}

fn push_cell(csv: &mut String, text: &str) {
    if text.contains(['"', ',', '\r', '\n']) {
        let _ = write!(csv, "\"{}\"", text.replace('"', "\"\""));
    } else {
        csv.push_str(text);
    }
}
