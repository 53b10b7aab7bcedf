//! The points as JSON, from which a script shows the values under the pointer.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};
use time::Date;

use super::geometry::{Frame, LEFT, RIGHT};
use super::line::Line;

/// Returns `{left, right, from, span, days, lines: [{name, values}]}`.
///
/// A point is at `left + (right - left) * days[i] / span`, and its day is `from` plus `days[i]`. A gap is `null`.
pub(super) fn json(lines: &[Line<'_>], frame: &Frame<'_>) -> String {
    let days: BTreeSet<Date> = lines.iter().flat_map(|line| line.points).map(|point| point.from).collect();
    let values = |line: &Line<'_>| -> Value {
        let known: HashMap<Date, Option<u64>> = line.points.iter().map(|point| (point.from, point.value())).collect();
        days.iter().map(|day| known.get(day).copied().flatten()).collect()
    };
    json!({
        "left": LEFT,
        "right": RIGHT,
        "from": frame.from.to_string(),
        "span": frame.span(),
        "days": days.iter().map(|day| (*day - frame.from).whole_days()).collect::<Vec<_>>(),
        "lines": lines.iter().map(|line| json!({"name": line.name, "values": values(line)})).collect::<Vec<_>>(),
    })
    .to_string()
}
