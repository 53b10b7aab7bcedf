//! Where a day and a value are drawn.

use time::Date;

use super::axis::Axis;

pub(super) const WIDTH: i32 = 720;
pub(super) const HEIGHT: i32 = 160;
/// Room for a label such as `100M` at each edge of the plot.
pub(super) const LEFT: i32 = 44;
pub(super) const RIGHT: i32 = WIDTH - 8;
pub(super) const TOP: i32 = 8;
pub(super) const BOTTOM: i32 = HEIGHT - 22;

/// Maps days and values to coordinates.
pub(super) struct Frame<'a> {
    pub(super) from: Date,
    pub(super) to: Date,
    pub(super) axis: &'a Axis,
}

impl Frame<'_> {
    /// Returns the number of days between the left and the right edge.
    pub(super) fn span(&self) -> i64 {
        (self.to - self.from).whole_days()
    }

    pub(super) fn x(&self, day: Date) -> f64 {
        // A single day is drawn in the middle.
        let at = match self.span() {
            0 => 0.5,
            span => as_f64((day - self.from).whole_days()) / as_f64(span),
        };
        f64::from(LEFT) + at * f64::from(RIGHT - LEFT)
    }

    pub(super) fn y(&self, value: u64) -> f64 {
        f64::from(BOTTOM) - self.axis.position(value) * f64::from(BOTTOM - TOP)
    }
}

/// Days of a chart are far below 2^52.
fn as_f64(days: i64) -> f64 {
    days as f64
}
