//! One line of a chart. A point without a value breaks it.

use std::fmt::Write;

use super::geometry::Frame;
use crate::escape::escape;
use crate::series::Point;

/// The number of lines that have a colour and a dash pattern of their own.
pub const MAX_LINES: usize = 8;

/// One line of a chart.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The package's name.
    pub name: &'a str,
    /// The points, in order of their days. One without a value is a break in the line.
    pub points: &'a [Point],
}

/// Tells lines apart without colour. The first is solid.
const DASHES: [&str; MAX_LINES] = ["", "6 3", "2 3", "10 3 2 3", "10 3 2 3 2 3", "14 4", "1 5", "6 3 6 8"];

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
