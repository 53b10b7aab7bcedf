//! Sessions, accounts and devices, on two instances of one table.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::site::{PASSWORD, Site};

#[tokio::test]
async fn two_tabs_that_star_fifty_packages_each_lose_none() {
    let site = Site::start().await;
    let one = site.visitor();
    one.star("express").await;
    let other = site.elsewhere(&one);
    let tabs: JoinSet<_> = (0..100)
        .map(|n| {
            let tab = if n % 2 == 0 { one.clone() } else { other.clone() };
            async move { tab.star(&format!("package-{n}")).await }
        })
        .collect();
    tabs.join_all().await;
    assert_eq!(one.stars().await, 101);
    assert_eq!(site.sessions().await, 1);
}

#[tokio::test]
async fn a_star_can_be_taken_back() {
    let site = Site::start().await;
    let visitor = site.visitor();
    visitor.star("@types/node").await;
    assert!(visitor.page("/starred").await.contains("/package/@types/node"));
    visitor.post("/star", &[("name", "@types/node"), ("starred", "false")]).await;
    assert_eq!(visitor.stars().await, 0);
    let response = visitor.post("/star", &[("name", "no name"), ("starred", "true")]).await;
    assert_eq!(response.status(), 422);
}

#[tokio::test]
async fn a_crawl_leaves_no_session() {
    let site = Site::start().await;
    let crawler = site.visitor();
    for _ in 0..250 {
        for path in ["/", "/starred", "/sign-in", "/no-such-page"] {
            assert!(!crawler.get(path).await.headers().contains_key("set-cookie"));
        }
    }
    assert_eq!(site.sessions().await, 0);
}

#[tokio::test]
async fn signing_in_renews_the_cookie_and_keeps_the_stars() {
    let site = Site::start().await;
    let visitor = site.visitor();
    let first = visitor.post("/star", &[("name", "koa"), ("starred", "true")]).await;
    let before = first.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let response = visitor.post("/sign-up", &[("name", "Ada"), ("password", PASSWORD), ("back", "/starred")]).await;
    assert_eq!((response.status().as_u16(), &response.headers()["location"]), (303, &"/starred".parse().unwrap()));
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    assert!(!cookie.starts_with(&before), "the id is the same");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert_eq!((visitor.stars().await, site.sessions().await), (1, 1));
    // The old id is dead.
    let thief = reqwest::Client::new().get(visitor.url("/starred")).header("cookie", &before);
    assert!(!thief.send().await.unwrap().text().await.unwrap().contains("/package/koa"));
    // Another device has the stars, too.
    let phone = site.visitor();
    phone.star("express").await;
    phone.sign_in("ADA").await;
    assert_eq!((phone.stars().await, visitor.stars().await), (2, 2));
}

#[tokio::test]
async fn a_wrong_password_or_an_invalid_account_is_told() {
    let site = Site::start().await;
    let visitor = site.visitor();
    visitor.sign_up("ada").await;
    visitor.post("/sign-out", &[]).await;
    for (name, password) in [("ada", "wrong horse battery"), ("nobody", PASSWORD), ("", "")] {
        let response = visitor.post("/sign-in", &[("name", name), ("password", password)]).await;
        assert_eq!(response.status(), 422);
        assert!(response.text().await.unwrap().contains("The name or the password is wrong"));
    }
    for (name, password, problem) in
        [("ada", PASSWORD, "taken"), ("a b", PASSWORD, "letters"), ("bob", "short", "10 to 200")]
    {
        let response = visitor.post("/sign-up", &[("name", name), ("password", password)]).await;
        assert_eq!(response.status(), 422);
        assert!(response.text().await.unwrap().contains(problem), "{problem}");
    }
    assert_eq!(site.sessions().await, 0);
}

#[tokio::test]
async fn devices_are_listed_and_signed_out() {
    let site = Site::start().await;
    let laptop = site.visitor();
    laptop.sign_up("ada").await;
    let phone = site.visitor_with("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1");
    phone.sign_in("ada").await;
    let stranger = site.visitor();
    stranger.sign_up("bob").await;

    let page = laptop.page("/account/devices").await;
    assert!(page.contains("Firefox on Linux") && page.contains("Safari on iPhone"), "{page}");
    assert_eq!(page.matches("this device").count(), 1);
    let handle = page.split("name=\"handle\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    // Nobody ends the session of another account.
    stranger.post("/account/devices", &[("handle", &handle)]).await;
    assert_eq!(phone.get("/account/devices").await.status(), 200);
    laptop.post("/account/devices", &[("handle", &handle)]).await;
    assert_eq!(phone.get("/account/devices").await.status(), 401);
    assert_eq!(laptop.get("/account/devices").await.status(), 200);
}

#[tokio::test]
async fn a_device_that_is_signed_out_during_a_request_does_not_come_back() {
    let site = Site::start().await;
    let laptop = site.visitor();
    laptop.sign_up("ada").await;
    let phone = site.visitor();
    phone.sign_in("ada").await;
    let phone_elsewhere = site.elsewhere(&phone);
    let busy: JoinSet<_> = (0..40)
        .map(|n| {
            let phone = if n % 2 == 0 { phone.clone() } else { phone_elsewhere.clone() };
            async move {
                tokio::time::sleep(Duration::from_millis(n)).await;
                phone.get("/starred").await;
            }
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(15)).await;
    laptop.post("/account/devices", &[]).await;
    busy.join_all().await;
    assert_eq!(phone.get("/account/devices").await.status(), 401);
    assert_eq!(laptop.get("/account/devices").await.status(), 200);
    assert_eq!(site.sessions().await, 1);
}

#[tokio::test]
async fn other_sites_change_nothing() {
    let site = Site::start().await;
    let visitor = site.visitor();
    visitor.sign_up("ada").await;
    for path in ["/star", "/sign-out", "/account/devices", "/sign-in"] {
        let response = visitor.post_from("https://evil.example", path, &[("name", "koa"), ("starred", "true")]).await;
        assert_eq!(response.status(), 403, "{path}");
    }
    assert_eq!(visitor.stars().await, 0);
    assert_eq!(visitor.get("/account/devices").await.status(), 200);
}

#[tokio::test]
async fn every_page_has_a_policy_and_no_address_of_another_host() {
    let site = Site::start().await;
    let visitor = site.visitor();
    for path in ["/", "/starred", "/sign-in", "/sign-up", "/no-such-page"] {
        let response = visitor.get(path).await;
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'self'"), "{path}: {policy}");
        let page = response.text().await.unwrap();
        assert!(!page.contains("src=\"http") && !page.contains("href=\"http"), "{path}");
    }
    let asset = visitor.page("/").await.split("href=\"/assets/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let response = visitor.get(&format!("/assets/{asset}")).await;
    assert!(response.headers()["cache-control"].to_str().unwrap().contains("immutable"));
}

#[tokio::test]
async fn it_says_whether_it_is_healthy() {
    let site = Site::start().await;
    assert_eq!(site.visitor().page("/health").await, "ok\n");
    assert_eq!(site.visitor().page("/ready").await, "ok\n");
}
