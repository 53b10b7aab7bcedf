//! The calls that a range of days of some packages takes.

use time::macros::date;
use time::{Date, Duration};

/// The first day that the API has counts of.
pub const EARLIEST: Date = date!(2015 - 01 - 10);

/// The most names of a call. Names with a scope cannot be among them.
const MAX_NAMES: usize = 128;

/// The most days of a call for several names.
const MAX_DAYS_OF_MANY: i64 = 365;

/// The most days of a call for one name: 18 months.
const MAX_DAYS_OF_ONE: i64 = 545;

/// A call to the downloads API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The packages.
    pub names: Vec<String>,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

/// Returns the fewest calls that read the days from `from` to `to` of some packages, the newest days first.
///
/// Days before [`EARLIEST`] are left out.
///
/// ```
/// use pkgstats_registry::plan;
/// use time::macros::date;
///
/// let calls = plan(&["koa".to_owned(), "express".to_owned()], date!(2025 - 01 - 01), date!(2025 - 12 - 31));
/// assert_eq!(calls.len(), 1);
/// ```
#[must_use]
pub fn plan(names: &[String], from: Date, to: Date) -> Vec<Call> {
    let (scoped, mut plain): (Vec<&String>, Vec<&String>) = names.iter().partition(|name| name.starts_with('@'));
    plain.dedup();
    let groups = plain.chunks(MAX_NAMES).map(<[&String]>::to_vec).chain(scoped.into_iter().map(|name| vec![name]));
    groups
        .flat_map(|group| {
            let names: Vec<String> = group.into_iter().cloned().collect();
            let days = if names.len() == 1 { MAX_DAYS_OF_ONE } else { MAX_DAYS_OF_MANY };
            slices(from.max(EARLIEST), to, days)
                .map(move |(from, to)| Call { names: names.clone(), from, to })
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Splits a range of days from its end.
fn slices(from: Date, to: Date, days: i64) -> impl Iterator<Item = (Date, Date)> {
    let start = move |end: Date| end.checked_sub(Duration::days(days - 1)).unwrap_or(Date::MIN).max(from);
    let first = (from <= to).then(|| (start(to), to));
    std::iter::successors(first, move |(begin, _)| {
        let end = begin.previous_day().filter(|end| *end >= from)?;
        Some((start(end), end))
    })
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::{EARLIEST, plan};

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|n| format!("p{n}")).collect()
    }

    #[test]
    fn unscoped_names_share_calls_of_a_year_and_others_have_calls_of_18_months() {
        let (from, to) = (date!(2024 - 01 - 01), date!(2025 - 12 - 31));
        let mut all = names(300);
        all.push("@types/node".to_owned());
        let calls = plan(&all, from, to);
        let shape: Vec<_> =
            calls.iter().map(|call| (call.names.len(), (call.to - call.from).whole_days() + 1)).collect();
        let years = |count| [(count, 365), (count, 365), (count, 1)];
        let expected: Vec<_> = [128, 128, 44].into_iter().flat_map(years).chain([(1, 545), (1, 186)]).collect();
        assert_eq!(shape, expected);
        assert_eq!((calls[0].to, calls[2].from), (to, from), "the newest days first");
    }

    #[test]
    fn the_days_of_a_name_are_read_once_each() {
        let calls = plan(&names(1), date!(2001 - 01 - 01), date!(2026 - 03 - 01));
        assert_eq!(calls.last().unwrap().from, EARLIEST);
        for pair in calls.windows(2) {
            assert_eq!(pair[1].to.next_day(), Some(pair[0].from));
        }
        let days: i64 = calls.iter().map(|call| (call.to - call.from).whole_days() + 1).sum();
        assert_eq!(days, (date!(2026 - 03 - 01) - EARLIEST).whole_days() + 1);
        assert_eq!(plan(&names(2), date!(2026 - 01 - 02), date!(2026 - 01 - 01)), []);
        assert_eq!(plan(&[], date!(2026 - 01 - 01), date!(2026 - 01 - 02)), []);
    }
}
