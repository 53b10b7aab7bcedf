//! Downloads with their dates: one form of a figure for search, pages, badges and the API.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use time::Date;

use crate::share::share;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A month, displayed as "March 2026" and serialized as "2026-03".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    year: u16,
    month: u8,
}

/// A text is not a month of the form "2026-03".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseMonthError(String);

impl Month {
    /// Returns the month of this year, or `None` if `month` is not from 1 to 12.
    #[must_use]
    pub fn new(year: u16, month: u8) -> Option<Self> {
        (1..=12).contains(&month).then_some(Self { year, month })
    }

    /// Reads the month from the version of `download-counts`, which contains the day of the release: `2.20260301.0`.
    #[must_use]
    pub fn from_version(version: &str) -> Option<Self> {
        let date = version.split('.').nth(1).filter(|date| date.len() == 8 && date.is_ascii())?;
        Self::new(date[..4].parse().ok()?, date[4..6].parse().ok()?)
    }
}

impl FromStr for Month {
    type Err = ParseMonthError;

    fn from_str(text: &str) -> Result<Self, ParseMonthError> {
        let month = || {
            let (year, month) = text.split_once('-')?;
            if year.len() != 4 || month.len() != 2 {
                return None;
            }
            Self::new(year.parse().ok()?, month.parse().ok()?)
        };
        month().ok_or_else(|| ParseMonthError(text.chars().take(20).collect()))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", MONTHS[usize::from(self.month - 1)], self.year)
    }
}

impl fmt::Display for ParseMonthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a month; write it as in 2026-03", self.0)
    }
}

impl std::error::Error for ParseMonthError {}

impl Month {
    /// Returns the form "2026-03", which [`from_str`](Self::from_str) reads.
    #[must_use]
    pub fn to_iso(self) -> String {
        format!("{:04}-{:02}", self.year, self.month)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_iso())
    }
}

/// Downloads of a package, with the time that they are of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// The number of downloads.
    pub downloads: u64,
    /// The first day that is counted, if it is known.
    pub from: Option<Date>,
    /// The last day that is counted, if it is known.
    pub to: Option<Date>,
    /// The month of the measurement, for figures of the catalogue. They count 30 days. The days of two packages may differ
    /// by up to a month, and are not known.
    pub measured: Option<Month>,
    /// The part of all downloads, if their sum is known.
    pub share: Option<f64>,
}

impl Figure {
    /// Returns a figure of the catalogue: 30 days, measured in this month, out of the sum of all downloads.
    #[must_use]
    pub fn measured(downloads: u64, measured: Month, sum: u64) -> Self {
        Self { downloads, from: None, to: None, measured: Some(measured), share: share(downloads, sum) }
    }

    /// Returns a figure of daily downloads.
    #[must_use]
    pub fn between(downloads: u64, from: Date, to: Date) -> Self {
        Self { downloads, from: Some(from), to: Some(to), measured: None, share: None }
    }

    /// Says what is counted: "30 days, measured in March 2026", or "2026-01-01 to 2026-01-31".
    #[must_use]
    pub fn period(&self) -> String {
        match (self.measured, self.from, self.to) {
            (Some(month), ..) => format!("30 days, measured in {month}"),
            (None, Some(from), Some(to)) => format!("{from} to {to}"),
            _ => "period unknown".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_figure_says_when_it_was_measured() {
        let month = Month::from_version("2.20260301.0").unwrap();
        let figure = Figure::measured(19, month, 100);
        assert_eq!(figure.period(), "30 days, measured in March 2026");
        let json = serde_json::to_string(&figure).unwrap();
        assert_eq!(json, r#"{"downloads":19,"from":null,"to":null,"measured":"2026-03","share":0.19}"#);
    }

    #[test]
    fn a_figure_of_days_says_its_first_and_last_day() {
        let figure = Figure::between(7, date!(2026 - 01 - 02), date!(2026 - 01 - 31));
        assert_eq!(figure.period(), "2026-01-02 to 2026-01-31");
        let json = serde_json::to_value(&figure).unwrap();
        assert_eq!((&json["from"], &json["to"]), (&"2026-01-02".into(), &"2026-01-31".into()));
    }

    #[test]
    fn a_month_is_read_from_its_iso_form_only() {
        assert_eq!("2026-03".parse(), Ok(Month { year: 2026, month: 3 }));
        for text in ["", "2026", "2026-3", "2026-13", "26-03", "2026-00", "2026-03-01"] {
            assert!(text.parse::<Month>().unwrap_err().to_string().contains("2026-03"), "{text}");
        }
        assert_eq!(Month::from_version("2.2026.0"), None);
    }
}
