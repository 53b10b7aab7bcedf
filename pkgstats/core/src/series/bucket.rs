//! Days, ISO weeks and calendar months of a series.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use time::{Date, Duration};

use super::daily::Series;

/// What one point of a chart covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum By {
    /// A day.
    #[default]
    Day,
    /// A week from Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
}

/// A name that is not `day`, `week` or `month`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownUnit;

impl fmt::Display for UnknownUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown unit of time: use day, week or month")
    }
}

impl Error for UnknownUnit {}

impl FromStr for By {
    type Err = UnknownUnit;

    fn from_str(text: &str) -> Result<Self, UnknownUnit> {
        match text {
            "day" => Ok(Self::Day),
            "week" => Ok(Self::Week),
            "month" => Ok(Self::Month),
            _ => Err(UnknownUnit),
        }
    }
}

impl By {
    /// Returns the name that [`FromStr`] reads.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// Returns the first day after the day, week or month that contains `day`.
    fn end(self, day: Date) -> Date {
        let next = match self {
            Self::Day => day.next_day(),
            Self::Week => {
                let rest = 7 - i64::from(day.weekday().number_days_from_monday());
                day.checked_add(Duration::days(rest))
            }
            Self::Month => {
                let rest = day.month().length(day.year()) - day.day();
                day.checked_add(Duration::days(i64::from(rest) + 1))
            }
        };
        next.unwrap_or(Date::MAX)
    }

    fn start(self, day: Date) -> Date {
        match self {
            Self::Day => day,
            Self::Week => {
                let past = i64::from(day.weekday().number_days_from_monday());
                day.checked_sub(Duration::days(past)).unwrap_or(Date::MIN)
            }
            Self::Month => day.replace_day(1).unwrap_or(day),
        }
    }
}

/// A day, week or month of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The first day that the series has of it.
    pub from: Date,
    /// The last day that the series has of it.
    pub to: Date,
    /// The sum of the known days.
    pub downloads: u64,
    /// The number of days whose count is known.
    pub known_days: usize,
    /// The number of days from `from` to `to`.
    pub days: usize,
    /// Whether the series has the whole day, week or month, without a gap.
    pub is_complete: bool,
}

impl Point {
    /// Returns the downloads, or `None` if some days are unknown or outside the series: a smaller sum would look like a drop.
    #[must_use]
    pub fn value(&self) -> Option<u64> {
        self.is_complete.then_some(self.downloads)
    }
}

impl Series {
    /// Returns the points of a chart or a table: one for each day, week or month.
    #[must_use]
    pub fn points(&self, by: By) -> Vec<Point> {
        points(self, by)
    }
}

fn points(series: &Series, by: By) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    let mut end = Date::MIN;
    for (day, count) in series.iter() {
        if points.is_empty() || day >= end {
            close(points.last_mut(), end);
            end = by.end(day);
            let is_complete = by.start(day) == day;
            points.push(Point { from: day, to: day, downloads: 0, known_days: 0, days: 0, is_complete });
        }
        if let Some(point) = points.last_mut() {
            point.to = day;
            point.days += 1;
            point.known_days += usize::from(count.is_some());
            point.downloads += count.unwrap_or(0);
        }
    }
    close(points.last_mut(), end);
    points
}

/// Decides whether a point is complete once all its days were added.
fn close(point: Option<&mut Point>, end: Date) {
    if let Some(point) = point {
        point.is_complete &= point.known_days == point.days && point.to.next_day() == Some(end);
    }
}
