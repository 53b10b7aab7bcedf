//! Daily downloads: the chart, its data, and what is said where they are missing.

use serde_json::Value;

use crate::registry::{one, site};
use crate::site::{Site, Visitor};

/// Opens a package's page until all its days were read.
async fn read(site: &Site, visitor: &Visitor, path: &str) -> String {
    visitor.page(path).await;
    for _ in 0..200 {
        let sql = "SELECT count(*) FROM pkgstats.job WHERE kind = 'downloads'";
        let waiting: i64 = site.database.client().await.query_one(sql, &[]).await.unwrap().get(0);
        if waiting == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    visitor.page(path).await
}

async fn json(visitor: &Visitor, path: &str) -> Value {
    serde_json::from_str(&visitor.page(path).await).unwrap()
}

#[tokio::test]
async fn four_hundred_days_have_a_gap_of_two_days() {
    let loopback = one("koa", &[]).await;
    let site = site(&loopback).await;
    let visitor = site.visitor();
    read(&site, &visitor, "/package/koa").await;
    // Of all the days, the last 400.
    let sql = "DELETE FROM pkgstats.day WHERE day < (SELECT max(day) - 399 FROM pkgstats.day)";
    site.database.client().await.batch_execute(sql).await.unwrap();

    let page = visitor.page("/package/koa?range=2y&by=day").await;
    assert!(page.contains("the sum of 398 of 400 days"), "{page}");
    let chart = page.split_once("<svg class=\"chart\"").unwrap().1.split_once("</svg>").unwrap().0;
    assert!(chart.contains("2 gaps"), "{chart}");
    let line = chart.split_once("series-1").unwrap().1;
    assert!(line.matches('M').count() >= 2, "the line is broken: {line}");
    assert_eq!(page.matches("<td class=\"number\"></td>").count(), 2, "a gap is an empty cell");

    let csv = visitor.page("/api/v1/packages/koa/downloads.csv").await;
    let rows: Vec<_> = csv.trim_end().split("\r\n").collect();
    assert_eq!((rows[0], rows.len()), ("from,to,koa", 401));
    assert_eq!(rows.iter().filter(|row| row.ends_with(',')).count(), 2);
    let days = json(&visitor, "/api/v1/packages/koa/downloads?by=day").await;
    assert_eq!((&days["sum"]["known_days"], &days["sum"]["days"]), (&398.into(), &400.into()));
    assert_eq!(days["points"].as_array().unwrap().iter().filter(|point| point["downloads"].is_null()).count(), 2);
    let months = json(&visitor, "/api/v1/packages/koa/downloads?by=month").await;
    assert!((13..=15).contains(&months["points"].as_array().unwrap().len()));

    for (query, shown) in [
        ("?range=30d", "the sum of "),
        ("?by=week", "Downloads of koa by week"),
        ("?by=day", "aria-current=\"true\">1 year</a>"),
        ("?range=all&by=month", "Downloads of koa by month"),
        ("?scale=log", "aria-current=\"true\">logarithmic</a>"),
        ("?sum=running", "aria-current=\"true\">running total</a>"),
        ("?range=nonsense&by=nonsense&scale=nonsense&page=x", "aria-current=\"true\">1 year</a>"),
    ] {
        let page = visitor.page(&format!("/package/koa{query}")).await;
        assert!(page.contains(shown), "{query}");
    }
    for far in ["?from=0000-01-01", "?from=-9999-01-01", "?to=9999-12-31", "?from=2026-01-02&to=2026-01-01"] {
        let status = visitor.get(&format!("/api/v1/packages/koa/downloads{far}")).await.status();
        assert!(!status.is_server_error(), "{far}: {status}");
    }
    let bad = visitor.get("/api/v1/packages/koa/downloads?from=yesterday").await;
    assert_eq!(
        (bad.status().as_u16(), bad.headers()["content-type"].to_str().unwrap()),
        (422, "application/problem+json")
    );
}

#[tokio::test]
async fn days_are_asked_for_once_and_refusals_are_told() {
    let loopback = one("koa", &[]).await;
    loopback.refuse("express");
    loopback.rate_limit(1);
    let site = site(&loopback).await;
    let visitor = site.visitor();
    let page = read(&site, &visitor, "/package/koa").await;
    assert!(page.contains("<svg class=\"chart\""), "{page}");
    let asked = || loopback.take_requests().iter().filter(|request| request.contains("/downloads/")).count();
    assert!(asked() > 1);
    visitor.page("/package/koa").await;
    assert_eq!(asked(), 0);
    visitor.page("/package/express").await;
    let page = visitor.page("/package/express").await;
    assert!(page.contains("refuses this name"), "{page}");
    let page = Site::with_packages().await.visitor().page("/package/koa").await;
    assert!(!page.contains("id=\"downloads\""), "a site without a registry has no daily downloads");
}
