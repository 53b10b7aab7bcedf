//! What a chart shows: the part of an address that says it.

use pkgstats_core::chart::Scale;
use pkgstats_core::series::By;
use serde::Deserialize;

/// How long ago a chart begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Range {
    Days(u16),
    All,
}

/// The ranges, with the words for them in addresses and on pages.
pub(crate) const RANGES: [(Range, &str, &str); 5] = [
    (Range::Days(30), "30d", "30 days"),
    (Range::Days(90), "90d", "90 days"),
    (Range::Days(365), "1y", "1 year"),
    (Range::Days(730), "2y", "2 years"),
    (Range::All, "all", "all"),
];

/// The words of an address. What is unknown counts as not said.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct ChartQuery {
    range: Option<String>,
    by: Option<String>,
    scale: Option<String>,
    sum: Option<String>,
}

/// What a chart shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct ChartOptions {
    pub(crate) range: Range,
    /// `None`: what suits the range.
    pub(crate) by: Option<By>,
    pub(crate) scale: Scale,
    /// Whether each point is the sum of all up to it.
    pub(crate) is_running: bool,
}

impl ChartOptions {
    pub(crate) fn of(query: &ChartQuery) -> Self {
        let range = query.range.as_deref().and_then(|text| RANGES.into_iter().find(|(_, word, _)| *word == text));
        Self {
            range: range.map_or(Range::Days(365), |(range, ..)| range),
            by: query.by.as_deref().and_then(|text| text.parse().ok()),
            scale: query.scale.as_deref().and_then(|text| text.parse().ok()).unwrap_or_default(),
            is_running: query.sum.as_deref() == Some("running"),
        }
    }

    /// Returns the unit of time of a point.
    pub(crate) fn unit(self) -> By {
        self.by.unwrap_or(match self.range {
            Range::Days(..=90) => By::Day,
            Range::Days(_) => By::Week,
            Range::All => By::Month,
        })
    }

    /// Returns the query of an address, without what is usual.
    pub(crate) fn query(self) -> String {
        let range = RANGES.into_iter().find(|(range, ..)| *range == self.range).map_or("1y", |(_, word, _)| word);
        let words = [
            (range != "1y").then(|| format!("range={range}")),
            self.by.map(|by| format!("by={}", by.name())),
            (self.scale == Scale::Log).then(|| "scale=log".to_owned()),
            self.is_running.then(|| "sum=running".to_owned()),
        ];
        words.into_iter().flatten().collect::<Vec<_>>().join("&")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_count_as_not_said() {
        let query = ChartQuery { range: Some("9z".to_owned()), by: Some("x".to_owned()), ..ChartQuery::default() };
        let options = ChartOptions::of(&query);
        assert_eq!((options.range, options.unit(), options.query().as_str()), (Range::Days(365), By::Week, ""));
        let query = ChartQuery {
            range: Some("all".to_owned()),
            by: Some("day".to_owned()),
            scale: Some("log".to_owned()),
            sum: Some("running".to_owned()),
        };
        assert_eq!(ChartOptions::of(&query).query(), "range=all&by=day&scale=log&sum=running");
    }
}
