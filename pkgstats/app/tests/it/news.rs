//! New versions of what an account watches.

use std::time::{Duration, Instant};

use crate::registry::{one, read, site};
use crate::site::Visitor;

/// Opens a page until it contains a text.
async fn until(visitor: &Visitor, path: &str, text: &str) -> String {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let page = visitor.page(path).await;
        if page.contains(text) {
            return page;
        }
        assert!(Instant::now() < until, "{path} does not say {text}: {page}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn feed(page: &str) -> String {
    let address = page.split_once("href=\"/feed/").unwrap().1.split_once('"').unwrap().0;
    format!("/feed/{address}")
}

#[tokio::test]
async fn a_version_that_is_published_is_told_to_those_who_watch_its_package() {
    let loopback = one("koa", &[("readme.md", b"# Koa")]).await;
    let site = site(&loopback).await;
    let visitor = site.visitor();
    visitor.sign_up("watcher").await;
    read(&visitor, "/package/koa").await;
    visitor.post("/watch", &[("name", "koa"), ("watched", "true")]).await;
    assert!(visitor.page("/watched").await.contains("Nothing new since your last visit"));
    visitor.post("/account/feed", &[]).await;
    let address = feed(&visitor.page("/watched").await);
    assert!(!visitor.page(&address).await.contains("<entry>"));

    // The follower has begun.
    until_followed(&site).await;
    loopback.publish("koa", "9.9.9");
    let page = until(&visitor, "/watched", "1 new version since your last visit").await;
    assert!(page.contains("href=\"/package/koa/v/9.9.9\""), "{page}");
    let atom = visitor.get(&address).await;
    assert_eq!(atom.headers()["content-type"], "application/atom+xml; charset=utf-8");
    let atom = atom.text().await.unwrap();
    assert!(atom.contains("<title>koa 9.9.9</title>") && !atom.contains("1.0.0"), "{atom}");
    assert!(site.visitor().page(&address).await.contains("9.9.9"), "a feed reader is not signed in");

    // Another visit: it is no longer new, and the feed has it.
    let sql = "UPDATE pkgstats.account SET looked = now() - interval '31 min'";
    site.database.client().await.batch_execute(sql).await.unwrap();
    let sql = "UPDATE pkgstats.version SET appeared = appeared - interval '1 h'";
    site.database.client().await.batch_execute(sql).await.unwrap();
    assert!(visitor.page("/watched").await.contains("Nothing new since your last visit"));

    visitor.post("/account/feed", &[]).await;
    assert_eq!(visitor.get(&address).await.status(), 404, "the address was changed");
    assert_eq!(visitor.get("/feed/x.atom").await.status(), 404);
}

async fn until_followed(site: &crate::site::Site) {
    for _ in 0..100 {
        let client = site.database.client().await;
        if !client.query("SELECT FROM pkgstats.follower", &[]).await.unwrap().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("nothing follows the changes");
}
