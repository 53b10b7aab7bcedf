//! A line of the size of a word, without axes.

use std::fmt::Write;

use crate::escape::escape;
use crate::series::Point;

const WIDTH: f64 = 96.0;
const HEIGHT: f64 = 24.0;
/// Half the width of the line, which shall not be cut off.
const EDGE: f64 = 1.0;

/// Returns an SVG of 96 × 24 px with the points as one line from 0 to the highest value. A gap is a break.
///
/// `title` says what it shows to those who do not see it.
#[must_use]
pub fn sparkline(title: &str, points: &[Point]) -> String {
    let max = points.iter().filter_map(Point::value).max().unwrap_or(0).max(1);
    let last = points.len().saturating_sub(1).max(1);
    let mut path = String::new();
    let mut drawn: usize = 0;
    for (index, point) in points.iter().enumerate() {
        let Some(value) = point.value() else {
            if drawn == 1 {
                path.push_str("h0");
            }
            drawn = 0;
            continue;
        };
        let x = EDGE + (WIDTH - 2.0 * EDGE) * index as f64 / last as f64;
        let y = HEIGHT - EDGE - (HEIGHT - 2.0 * EDGE) * (value as f64 / max as f64);
        let _ = write!(path, "{}{x:.1} {y:.1}", if drawn == 0 { 'M' } else { 'L' });
        drawn += 1;
    }
    if drawn == 1 {
        path.push_str("h0");
    }
    format!(
        "<svg class=\"sparkline\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
         height=\"{HEIGHT}\" role=\"img\"><title>{}</title><path fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.5\" \
         stroke-linejoin=\"round\" stroke-linecap=\"round\" d=\"{path}\"/></svg>",
        escape(title)
    )
}
