//! Charts of downloads as SVG: lines on a linear or a logarithmic scale, and sparklines.

mod axis;
mod dates;
mod geometry;
mod line;
mod readout;
mod scale;
mod sparkline;

use std::fmt::Write;

use time::Date;

use crate::compact;
use crate::escape::{escape, escape_into};
use crate::series::Point;
use axis::Axis;
use geometry::{BOTTOM, Frame, HEIGHT, LEFT, RIGHT, TOP, WIDTH};
pub use line::{Line, MAX_LINES};
pub use scale::{Scale, UnknownScale};
pub use sparkline::sparkline;

/// A chart of up to [`MAX_LINES`] lines.
///
/// Each line has a class, `series-1` to `series-8`, takes its colour from the custom property `--series-1` to `--series-8`,
/// and has a dash pattern of its own. The attribute `data-chart` holds the points as JSON for a readout on hover.
#[derive(Clone, Copy, Debug)]
pub struct Chart<'a> {
    /// The prefix of the ids in the SVG, unique on the page.
    pub id: &'a str,
    /// What the chart shows, such as "Downloads of koa by day".
    pub title: &'a str,
    /// The lines. Lines beyond [`MAX_LINES`] are not drawn.
    pub lines: &'a [Line<'a>],
    /// The vertical scale.
    pub scale: Scale,
}

impl Chart<'_> {
    /// Returns the SVG, 160 px high, for inclusion in a page.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let lines = &self.lines[..self.lines.len().min(MAX_LINES)];
        let id = escape(self.id);
        let mut svg = format!(
            "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
             height=\"{HEIGHT}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\""
        );
        let Some((from, to)) = days(lines) else {
            self.head(&mut svg, &id, "There are no downloads to show.");
            svg.push_str("</svg>");
            return svg;
        };
        let values = || lines.iter().flat_map(|line| line.points).filter_map(Point::value);
        let axis = Axis::new(self.scale, values().min().unwrap_or(0), values().max().unwrap_or(0));
        let frame = Frame { from, to, axis: &axis };

        svg.push_str(" data-chart=\"");
        escape_into(&mut svg, &readout::json(lines, &frame));
        svg.push('"');
        self.head(&mut svg, &id, &description(lines, from, to));
        grid(&mut svg, &frame);
        for (index, line) in lines.iter().enumerate() {
            line::draw(&mut svg, index, line, &frame);
        }
        svg.push_str("</svg>");
        svg
    }

    fn head(&self, svg: &mut String, id: &str, description: &str) {
        let _ = write!(
            svg,
            "><title id=\"{id}-title\">{}</title><desc id=\"{id}-desc\">{}</desc>",
            escape(self.title),
            escape(description)
        );
    }
}

/// Returns the first and the last day that a point begins on.
fn days(lines: &[Line<'_>]) -> Option<(Date, Date)> {
    let days = || lines.iter().flat_map(|line| line.points).map(|point| point.from);
    Some((days().min()?, days().max()?))
}

fn description(lines: &[Line<'_>], from: Date, to: Date) -> String {
    let mut text = format!("From {from} to {to}.");
    for line in lines {
        let values = || line.points.iter().filter_map(Point::value);
        let gaps = line.points.len() - values().count();
        let _ = match (values().min(), values().max()) {
            (Some(min), Some(max)) => write!(text, " {}: lowest {min}, highest {max}", line.name),
            _ => write!(text, " {}: no figures", line.name),
        };
        let _ = match gaps {
            0 => write!(text, "."),
            1 => write!(text, ", 1 gap."),
            _ => write!(text, ", {gaps} gaps."),
        };
    }
    text
}

/// Draws the labelled lines of the axes.
fn grid(svg: &mut String, frame: &Frame<'_>) {
    svg.push_str("<g class=\"axis\" fill=\"currentColor\" font-size=\"11\">");
    for &tick in frame.axis.ticks() {
        let y = frame.y(tick);
        let _ = write!(
            svg,
            "<path class=\"grid\" stroke=\"currentColor\" stroke-opacity=\".15\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 6,
            y + 4.0,
            compact(tick)
        );
    }
    for (day, label) in dates::ticks(frame.from, frame.to) {
        let x = frame.x(day);
        let anchor = if x > f64::from(RIGHT - 24) { "end" } else { "middle" };
        let _ = write!(
            svg,
            "<path stroke=\"currentColor\" stroke-opacity=\".4\" d=\"M{x:.1} {BOTTOM}v4\"/>\
             <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"{anchor}\">{label}</text>",
            BOTTOM + 16
        );
    }
    let _ =
        write!(svg, "</g><path class=\"frame\" stroke=\"none\" fill=\"none\" d=\"M{LEFT} {TOP}H{RIGHT}V{BOTTOM}\"/>");
}

#[cfg(test)]
mod tests;
