//! The labels of the horizontal axis: days, months or years, at most eight.

use time::{Date, Month};

const MAX_LABELS: usize = 8;

/// Returns the days to label, with their labels, which contain no character to escape.
pub(super) fn ticks(from: Date, to: Date) -> Vec<(Date, String)> {
    let months = (to.year() - from.year()) * 12 + i32::from(u8::from(to.month())) - i32::from(u8::from(from.month()));
    if months < 3 {
        return days(from, to);
    }
    for step in [1, 2, 3, 6] {
        let found: Vec<_> = firsts(from, to).filter(|day| (u8::from(day.month()) - 1) % step == 0).collect();
        if found.len() <= MAX_LABELS {
            return found.into_iter().map(|day| (day, month_label(day))).collect();
        }
    }
    let years: Vec<_> = firsts(from, to).filter(|day| day.month() == Month::January).collect();
    let step = years.len().div_ceil(MAX_LABELS).max(1);
    years.into_iter().step_by(step).map(|day| (day, day.year().to_string())).collect()
}

fn days(from: Date, to: Date) -> Vec<(Date, String)> {
    let span = usize::try_from((to - from).whole_days()).unwrap_or(0);
    let step = (1..).find(|step| span / step < MAX_LABELS).unwrap_or(1);
    let all = std::iter::successors(Some(from), |day| day.next_day()).take_while(|day| *day <= to);
    all.step_by(step).map(|day| (day, format!("{} {}", day.day(), short(day.month())))).collect()
}

/// Returns the first days of months from `from` to `to`.
fn firsts(from: Date, to: Date) -> impl Iterator<Item = Date> {
    let first = from.replace_day(1).ok();
    let next = |day: &Date| {
        let year = if day.month() == Month::December { day.year() + 1 } else { day.year() };
        Date::from_calendar_date(year, day.month().next(), 1).ok()
    };
    std::iter::successors(first, next).skip_while(move |day| *day < from).take_while(move |day| *day <= to)
}

/// Returns the month's name, or the year for January.
fn month_label(day: Date) -> String {
    match day.month() {
        Month::January => day.year().to_string(),
        month => short(month).to_owned(),
    }
}

fn short(month: Month) -> &'static str {
    match month {
        Month::January => "Jan",
        Month::February => "Feb",
        Month::March => "Mar",
        Month::April => "Apr",
        Month::May => "May",
        Month::June => "Jun",
        Month::July => "Jul",
        Month::August => "Aug",
        Month::September => "Sep",
        Month::October => "Oct",
        Month::November => "Nov",
        Month::December => "Dec",
    }
}

#[cfg(test)]
mod tests {
    use time::Date;
    use time::macros::date;

    use super::ticks;

    fn labels(from: Date, to: Date) -> Vec<String> {
        ticks(from, to).into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn labels_are_days_months_or_years() {
        assert_eq!(labels(date!(2025 - 01 - 01), date!(2025 - 01 - 01)), ["1 Jan"]);
        assert_eq!(labels(date!(2025 - 02 - 27), date!(2025 - 03 - 02)), ["27 Feb", "28 Feb", "1 Mar", "2 Mar"]);
        assert_eq!(
            labels(date!(2025 - 01 - 01), date!(2026 - 02 - 04)),
            ["2025", "Mar", "May", "Jul", "Sep", "Nov", "2026"]
        );
        assert_eq!(
            labels(date!(2015 - 01 - 10), date!(2026 - 03 - 01)),
            ["2016", "2018", "2020", "2022", "2024", "2026"]
        );
    }

    #[test]
    fn every_range_has_between_one_and_eight_labels() {
        let from = date!(2024 - 02 - 29);
        for days in 0..6_000 {
            let count = ticks(from, from + time::Duration::days(days)).len();
            assert!((1..=8).contains(&count), "{count} labels for {days} days");
        }
    }
}
