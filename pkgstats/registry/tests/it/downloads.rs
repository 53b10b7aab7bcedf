//! Download counts: 400 days with a gap, limits of the API, 429 and 403.

use std::time::{Duration, Instant};

use pkgstats_core::chart::{Chart, Line, Scale};
use pkgstats_core::series::{By, cumulative, to_csv};
use pkgstats_registry::loopback::{count, is_gap};
use pkgstats_registry::{Call, ErrorKind, plan};
use time::macros::date;
use time::{Date, Duration as Days};

use crate::support::made_up;

const TO: Date = date!(2026 - 02 - 28);

fn from() -> Date {
    TO - Days::days(399)
}

#[tokio::test]
async fn four_hundred_days_with_a_gap_of_two_days() {
    let loopback = made_up(&["koa"]).await;
    let registry = loopback.builder().build().unwrap();
    let series = registry.downloads_of("koa", from(), TO).await.unwrap();
    let sum = series.sum();
    assert_eq!((sum.known_days, sum.days), (398, 400));
    let expected: u64 = series.iter().filter(|(day, _)| !is_gap(*day)).map(|(day, _)| count("koa", day)).sum();
    assert_eq!((sum.downloads, sum.to_string()), (expected, format!("{expected} of 398 days")));

    let points = series.points(By::Day);
    let csv = to_csv(&[("koa", &points)]);
    assert_eq!(csv.lines().filter(|line| line.ends_with(',')).count(), 2, "empty cells");
    assert_eq!(csv.lines().count(), 401);
    for points in [points.clone(), cumulative(&points)] {
        for scale in [Scale::Linear, Scale::Log] {
            let svg = Chart { id: "c", title: "koa", lines: &[Line { name: "koa", points: &points }], scale }.to_svg();
            let path = svg.split("class=\"line ").nth(1).unwrap();
            assert_eq!(path.matches('M').count(), 2, "one break");
        }
    }
    for by in [By::Week, By::Month] {
        let points = series.points(by);
        assert_eq!(points.iter().map(|point| point.downloads).sum::<u64>(), expected, "{by:?}");
        let inner = &points[1..points.len() - 1];
        let gaps = inner.iter().filter(|point| point.value().is_none()).count();
        assert!((1..=2).contains(&gaps), "{gaps} of {by:?}");
    }
}

#[tokio::test]
async fn many_packages_share_calls_and_unknown_ones_are_told() {
    let names: Vec<String> =
        (0..200).map(|n| format!("p{n}")).chain(["@a/b".to_owned(), "@a/none".to_owned()]).collect();
    let known: Vec<&str> =
        names.iter().filter(|name| *name != "p7" && *name != "@a/none").map(String::as_str).collect();
    let loopback = made_up(&known).await;
    let registry = loopback.builder().build().unwrap();
    let (mut found, mut not_found) = (0, Vec::new());
    for call in plan(&names, date!(2025 - 01 - 01), date!(2025 - 12 - 31)) {
        let read = registry.downloads(&call).await.unwrap();
        found += read.series.len();
        not_found.extend(read.not_found);
        assert!(read.refused.is_empty());
        assert!(read.series.iter().all(|(_, series)| series.len() == 365));
    }
    assert_eq!((found, not_found), (200, vec!["p7".to_owned(), "@a/none".to_owned()]));
    assert_eq!(loopback.take_requests().len(), 4, "128 and 72 names, and two with a scope");
    let error = registry.downloads_of("p7", from(), TO).await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().contains("p7")), (ErrorKind::NotFound, true));
}

#[tokio::test]
async fn too_many_requests_without_retry_after_are_sent_again_after_longer_and_longer_pauses() {
    let loopback = made_up(&["koa"]).await;
    loopback.rate_limit(3);
    let registry = loopback.builder().pause(Duration::from_millis(20)).build().unwrap();
    let start = Instant::now();
    assert!(registry.downloads_of("koa", TO, TO).await.is_ok());
    assert_eq!(loopback.take_requests().len(), 4);
    assert!(start.elapsed() >= Duration::from_millis(40 + 80 + 160), "{:?}", start.elapsed());

    loopback.rate_limit(100);
    let error = registry.downloads_of("koa", TO, TO).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::RateLimited, true));
    assert_eq!(loopback.take_requests().len(), 5);
}

#[tokio::test]
async fn requests_are_a_pause_apart_for_all_clones() {
    let loopback = made_up(&["koa"]).await;
    let registry = loopback.builder().pause(Duration::from_millis(50)).build().unwrap();
    let start = Instant::now();
    let calls = (0..4).map(|_| {
        let registry = registry.clone();
        async move { registry.downloads_of("koa", TO, TO).await.unwrap() }
    });
    futures_util::future::join_all(calls).await;
    assert!(start.elapsed() >= Duration::from_millis(150), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_refused_name_is_found_among_others_and_left_out_for_a_day() {
    let names: Vec<String> = (0..100).map(|n| format!("p{n}")).collect();
    let loopback = made_up(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    loopback.refuse("p42");
    let registry = loopback.builder().build().unwrap();
    let call = Call { names, from: TO, to: TO };
    let read = registry.downloads(&call).await.unwrap();
    assert_eq!((read.series.len(), read.refused), (99, vec!["p42".to_owned()]));
    let requests = loopback.take_requests().len();
    assert!(requests <= 1 + 2 * 7, "{requests} requests for halves of 100");
    let read = registry.downloads(&call).await.unwrap();
    assert_eq!((read.series.len(), read.refused.len()), (99, 1));
    assert_eq!(loopback.take_requests().len(), 1, "without the name");
    let error = registry.downloads_of("p42", TO, TO).await.unwrap_err();
    assert_eq!((error.kind(), loopback.take_requests().len()), (ErrorKind::Refused, 0));
    assert!(error.to_string().contains("left out for a day"), "{error}");
}
