//! Downloads of consecutive days.

use std::fmt;

use time::{Date, Duration};

/// Downloads of consecutive days. A day whose count is unknown is a gap, which is not 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    from: Date,
    days: Vec<Option<u64>>,
}

/// A sum over a series. It says how many of the days it covers: "of 398 days".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// The sum of the known days.
    pub downloads: u64,
    /// The number of days whose count is known.
    pub known_days: usize,
    /// The number of days of the series.
    pub days: usize,
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} days", self.downloads, self.known_days)
    }
}

impl Series {
    /// Creates a series that begins on `from`, with a day for each count.
    #[must_use]
    pub fn new(from: Date, days: Vec<Option<u64>>) -> Self {
        Self { from, days }
    }

    /// Creates a series from `from` to `to`, both included, out of counts in any order.
    ///
    /// Days without a count are gaps. Counts of other days are left out, and the last count of a day wins.
    #[must_use]
    pub fn from_counts(from: Date, to: Date, counts: impl IntoIterator<Item = (Date, u64)>) -> Self {
        let length = usize::try_from((to - from).whole_days() + 1).unwrap_or(0);
        let mut days = vec![None; length];
        for (day, count) in counts {
            let index = usize::try_from((day - from).whole_days()).ok();
            if let Some(known) = index.and_then(|index| days.get_mut(index)) {
                *known = Some(count);
            }
        }
        Self { from, days }
    }

    /// Returns the first day.
    #[must_use]
    pub fn from(&self) -> Date {
        self.from
    }

    /// Returns the last day, or `None` if the series is empty.
    #[must_use]
    pub fn to(&self) -> Option<Date> {
        self.iter().next_back().map(|(day, _)| day)
    }

    /// Returns the number of days, gaps included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.days.len()
    }

    /// Returns whether the series has no day.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// Returns each day with its count.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Date, Option<u64>)> + ExactSizeIterator + '_ {
        self.days.iter().enumerate().map(|(index, count)| (self.day(index), *count))
    }

    /// Returns the days from `from` to `to`, both included. Days outside the series become gaps.
    #[must_use]
    pub fn slice(&self, from: Date, to: Date) -> Self {
        let known = self.iter().filter_map(|(day, count)| Some((day, count?)));
        Self::from_counts(from, to, known)
    }

    /// Returns the sum of the known days.
    #[must_use]
    pub fn sum(&self) -> Sum {
        let known = self.days.iter().flatten();
        Sum { downloads: known.clone().sum(), known_days: known.count(), days: self.days.len() }
    }

    fn day(&self, index: usize) -> Date {
        let days = i64::try_from(index).unwrap_or(i64::MAX);
        self.from.checked_add(Duration::days(days)).unwrap_or(Date::MAX)
    }
}
