//! One line of a chart. A point without a value breaks it.

use std::fmt::Write;

use super::Line;
use super::geometry::Frame;
use crate::escape::escape;

/// Tells lines apart without colour. The first is solid.
const DASHES: [&str; super::MAX_LINES] = ["", "6 3", "2 3", "10 3 2 3", "10 3 2 3 2 3", "14 4", "1 5", "6 3 6 8"];

pub(super) fn draw(svg: &mut String, index: usize, line: &Line<'_>, frame: &Frame<'_>) {
    let number = index + 1;
    let _ = write!(
        svg,
        "<path class=\"line series-{number}\" fill=\"none\" stroke=\"var(--series-{number}, currentColor)\" stroke-width=\"1.5\" \
         stroke-linejoin=\"round\" stroke-linecap=\"round\""
    );
    if let Some(dash) = DASHES.get(index).filter(|dash| !dash.is_empty()) {
        let _ = write!(svg, " stroke-dasharray=\"{dash}\"");
    }
    let _ = write!(svg, " d=\"{}\"><title>{}</title></path>", path(line, frame), escape(line.name));
}

fn path(line: &Line<'_>, frame: &Frame<'_>) -> String {
    let mut path = String::with_capacity(line.points.len() * 12);
    let mut drawn: usize = 0;
    for point in line.points {
        let Some(value) = point.value() else {
            dot(&mut path, drawn);
            drawn = 0;
            continue;
        };
        let command = if drawn == 0 { 'M' } else { 'L' };
        let _ = write!(path, "{command}{:.1} {:.1}", frame.x(point.from), frame.y(value));
        drawn += 1;
    }
    dot(&mut path, drawn);
    path
}

/// A value between two gaps has no line: a length of 0 with a round cap draws a dot.
fn dot(path: &mut String, drawn: usize) {
    if drawn == 1 {
        path.push_str("h0");
    }
}
