//! Running totals.

use super::bucket::Point;

/// Turns points into running totals. A point without a value keeps none, and the total goes on after it.
#[must_use]
pub fn cumulative(points: &[Point]) -> Vec<Point> {
    let mut total = 0;
    let mut known_days = 0;
    let mut days = 0;
    points
        .iter()
        .map(|point| {
            total += point.downloads;
            known_days += point.known_days;
            days += point.days;
            Point { downloads: total, known_days, days, is_complete: point.is_complete, ..*point }
        })
        .collect()
}
