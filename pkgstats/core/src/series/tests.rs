use time::macros::date;
use time::{Date, Duration};

use super::{By, Series, cumulative, to_csv};

/// 400 days of 10 downloads, with a gap of two days.
fn with_gap() -> Series {
    let from = date!(2025 - 01 - 01);
    let gap = [date!(2025 - 03 - 10), date!(2025 - 03 - 11)];
    let to = from + Duration::days(399);
    let days = (0..400).map(|day| from + Duration::days(day)).filter(|day| !gap.contains(day));
    Series::from_counts(from, to, days.map(|day| (day, 10)))
}

#[test]
fn sums_say_of_how_many_days() {
    let sum = with_gap().sum();
    assert_eq!((sum.downloads, sum.known_days, sum.days), (3_980, 398, 400));
    assert_eq!(sum.to_string(), "3980 of 398 days");
    assert_eq!(Series::new(date!(2025 - 01 - 01), Vec::new()).sum().days, 0);
}

#[test]
fn a_gap_is_no_value_by_day_by_week_and_by_month() {
    let series = with_gap();
    let gaps = |by| {
        let points = series.points(by);
        points.iter().filter(|point| point.value().is_none()).map(|point| point.from).collect::<Vec<_>>()
    };
    assert_eq!(gaps(By::Day), [date!(2025 - 03 - 10), date!(2025 - 03 - 11)]);
    // The first week begins on a Wednesday; the last one ends on 2026-02-04, a Wednesday.
    assert_eq!(gaps(By::Week), [date!(2025 - 01 - 01), date!(2025 - 03 - 10), date!(2026 - 02 - 02)]);
    assert_eq!(gaps(By::Month), [date!(2025 - 03 - 01), date!(2026 - 02 - 01)]);
}

#[test]
fn weeks_begin_on_monday_and_months_have_their_own_length() {
    let series = with_gap();
    let week = series.points(By::Week)[1];
    assert_eq!((week.from, week.to, week.value()), (date!(2025 - 01 - 06), date!(2025 - 01 - 12), Some(70)));
    let months: Vec<_> = series.points(By::Month).iter().map(|month| month.value()).take(4).collect();
    assert_eq!(months, [Some(310), Some(280), None, Some(300)]);
    assert_eq!(series.points(By::Day).len(), 400);
    assert_eq!(series.points(By::Month).iter().map(|month| month.downloads).sum::<u64>(), 3_980);
}

#[test]
fn running_totals_go_on_after_a_gap() {
    let totals = cumulative(&with_gap().points(By::Day));
    let index = usize::try_from((date!(2025 - 03 - 10) - date!(2025 - 01 - 01)).whole_days()).unwrap();
    assert_eq!(totals[index - 1].value(), Some(680));
    assert_eq!((totals[index].value(), totals[index + 1].value()), (None, None));
    assert_eq!(totals[index + 2].value(), Some(690));
    assert_eq!(totals[399].value(), Some(3_980));
    assert_eq!(totals[399].known_days, 398);
}

#[test]
fn a_gap_is_an_empty_cell() {
    let from = date!(2025 - 01 - 01);
    let koa = Series::new(from, vec![Some(1), None, Some(0)]).points(By::Day);
    let types = Series::new(from, vec![Some(4), Some(5), None]).points(By::Day);
    assert_eq!(
        to_csv(&[("koa", &koa), ("@types/koa", &types)]),
        "from,to,koa,@types/koa\r\n2025-01-01,2025-01-01,1,4\r\n2025-01-02,2025-01-02,,5\r\n2025-01-03,2025-01-03,0,\r\n"
    );
}

#[test]
fn a_slice_beyond_the_series_has_gaps() {
    let series = Series::new(date!(2025 - 01 - 02), vec![Some(1), Some(2)]);
    let slice = series.slice(date!(2025 - 01 - 01), date!(2025 - 01 - 03));
    assert_eq!(slice, Series::new(date!(2025 - 01 - 01), vec![None, Some(1), Some(2)]));
    assert_eq!((slice.from(), slice.to(), slice.len()), (date!(2025 - 01 - 01), Some(date!(2025 - 01 - 03)), 3));
    assert!(series.slice(date!(2025 - 01 - 03), date!(2025 - 01 - 01)).is_empty());
    assert_eq!(Series::new(Date::MAX, vec![Some(1); 3]).points(By::Month).len(), 3, "no panic");
}
