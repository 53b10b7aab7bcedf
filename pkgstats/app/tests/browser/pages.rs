//! Every page, in every view: accessible, whole, quiet, small, and of this site alone.

use std::slice;

use crate::browser::{Browser, Script, visit};
use crate::inspect::{assert_accessible, inspect, strings};
use crate::site::PASSWORD;
use crate::view::{DARK, LIGHT, NARROW, View, ZOOMED};

/// The pages that everybody can open, with their statuses. A new page is one line here.
const PAGES: &[(u16, &str)] = &[
    (200, "/"),
    (200, "/search?q=koa+session"),
    (200, "/search?q=axois"),
    (200, "/search?q=reatc+webpakc"),
    (200, "/search?q=zz9+plural+z+alpha"),
    (200, "/search?q=react&sort=downloads&page=2"),
    (200, "/package/express"),
    (200, "/package/@types/node"),
    (200, "/package/left-pad"),
    (404, "/package/no-such-package-zz9"),
    (200, "/owner/sindresorhus"),
    (404, "/owner/nobody-of-that-name-zz9"),
    (200, "/lists/rising"),
    (200, "/lists/falling"),
    (200, "/lists/new"),
    (200, "/lists/top"),
    (200, "/compare"),
    (200, "/compare?p=koa+express+fastify+hono+@hapi/hapi+restify+polka+connect"),
    (200, "/compare?p=koa+no-such-package-zz9"),
    (200, "/starred"),
    (200, "/recent"),
    (200, "/sign-in"),
    (200, "/sign-up"),
    (404, "/no-such-page"),
];

/// The pages of an account.
const OWN_PAGES: &[(u16, &str)] = &[(200, "/watched"), (200, "/account/devices")];

const VIEWS: &[View] = &[LIGHT, DARK, NARROW, ZOOMED];

/// For pages that differ from others in the navigation only.
const FEW_VIEWS: &[View] = &[NARROW, ZOOMED];

/// The most bytes of a page with everything that it loads.
const MOST_BYTES: u64 = 60_000;

/// Opens a page in these views, and returns what is wrong with it.
async fn problems(browser: &Browser, (status, path): (u16, &str), views: &[View]) -> Vec<String> {
    let mut problems = Vec::new();
    for &view in views {
        browser.look(view).await;
        browser.open(path).await;
        let found = inspect(browser).await;
        assert_eq!(found["width"], view.width, "{path}");
        assert_eq!(found["background"] == "rgb(255, 255, 255)", view.scheme == "light", "{path}: {found}");
        let listed = ["violations", "overhanging", "foreign"].map(|key| strings(&found[key]));
        problems.extend(listed.concat().into_iter().map(|problem| format!("{path} {view:?}: {problem}")));
        if found["bytes"].as_u64().unwrap() > MOST_BYTES {
            problems.push(format!("{path} loads {} bytes", found["bytes"]));
        }
        if found["shift"].as_f64().unwrap() > 0.0 {
            problems.push(format!("{path} {view:?}: it moves by {}", found["shift"]));
        }
        // Chromium reports the status of an error page.
        let is_expected = |message: &String| status >= 400 && message.contains(&format!("status of {status}"));
        problems.extend(browser.console().await.into_iter().filter(|message| !is_expected(message)));
    }
    problems
}

pub(crate) async fn assert_good(browser: &Browser, pages: &[(u16, &str)]) {
    assert_good_in(browser, pages, VIEWS).await;
}

async fn assert_good_in(browser: &Browser, pages: &[(u16, &str)], views: &[View]) {
    let mut problems = Vec::new();
    for page in pages {
        problems.extend(self::problems(browser, *page, views).await);
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

#[tokio::test]
async fn the_pages_are_good() {
    visit(Script::On, async |browser, _site| assert_good(&browser, PAGES).await).await;
}

#[tokio::test]
async fn the_pages_of_an_account_are_good() {
    visit(Script::On, async |browser, site| {
        browser.open("/sign-up?back=/package/koa").await;
        browser.fill("#name", "ada").await;
        browser.fill("#password", PASSWORD).await;
        browser.click("main button").await;
        browser.arrive("/package/koa").await;
        assert_good(&browser, OWN_PAGES).await;
        let phone = site.visitor();
        phone.sign_in("ada").await;
        for name in ["koa", "express", "@types/node"] {
            phone.star(name).await;
            phone.post("/watch", &[("name", name), ("watched", "true")]).await;
        }
        assert_good(&browser, &[OWN_PAGES, &[(200, "/starred"), (200, "/recent"), (200, "/package/koa")]].concat())
            .await;
        assert_good_in(&browser, PAGES, FEW_VIEWS).await;
    })
    .await;
}

#[tokio::test]
async fn answers_to_wrong_forms_are_good() {
    visit(Script::On, async |browser, site| {
        for &view in VIEWS {
            browser.look(view).await;
            for path in ["/sign-in", "/sign-up"] {
                browser.open(path).await;
                // What browsers check themselves is sent anyway.
                browser.run("document.querySelector('main form').noValidate = true").await;
                browser.fill("#name", "a b").await;
                browser.click("main button").await;
                browser.find("#problem[role=alert]").await;
                assert_accessible(&browser).await;
            }
        }
        let thief = site.visitor();
        for _ in 0..9 {
            thief.post("/sign-in", &[("name", "a b"), ("password", PASSWORD)]).await;
        }
        browser.open("/sign-in").await;
        browser.fill("#name", "a b").await;
        browser.fill("#password", PASSWORD).await;
        browser.click("main button").await;
        browser.find("#problem[role=alert]").await;
        assert!(browser.text("#problem").await.starts_with("There were too many attempts."));
        assert_accessible(&browser).await;
    })
    .await;
}

#[tokio::test]
async fn pages_without_packages_are_good() {
    visit(Script::On, async |browser, site| {
        let database = site.database.client().await;
        database.batch_execute("TRUNCATE pkgstats.package; UPDATE pkgstats.generation SET packages = 0").await.unwrap();
        assert_good(&browser, &[(200, "/"), (200, "/lists/rising"), (200, "/search?q=koa")]).await;
    })
    .await;
}

#[tokio::test]
async fn a_page_without_a_database_is_good() {
    visit(Script::On, async |browser, site| {
        site.database.client().await.batch_execute("DROP SCHEMA pkgstats CASCADE").await.unwrap();
        assert_good(&browser, slice::from_ref(&(503, "/"))).await;
    })
    .await;
}
