//! The site without JavaScript.

use crate::browser::{Script, visit};
use crate::site::PASSWORD;

#[tokio::test]
async fn everything_but_suggestions_works() {
    visit(Script::Off, async |browser, _site| {
        browser.open("/").await;
        browser.fill("#q", "koa session").await;
        assert!(!browser.has("#suggestions").await, "the script runs");
        browser.click("form[role=search] button").await;
        browser.arrive("/search?q=koa+session").await;
        browser.click(".results a").await;
        browser.arrive("/package/koa-session").await;

        browser.click("[data-star] button").await;
        browser.find("[data-star] button[aria-pressed=true]").await;
        browser.click("[data-compare]").await;
        browser.arrive("/compare?p=koa-session").await;
        browser.fill("#p", "koa express").await;
        browser.click("main form button").await;
        browser.arrive("/compare?p=koa+express").await;
        assert!(browser.has("td.number").await);

        browser.open("/sign-up?back=/starred").await;
        browser.fill("#name", "ada").await;
        browser.fill("#password", PASSWORD).await;
        browser.click("main button").await;
        browser.arrive("/starred").await;
        assert!(browser.has("a[href='/package/koa-session']").await, "the stars have not moved");
        browser.click("[action='/sign-out'] button").await;
        browser.arrive("/").await;

        browser.open("/sign-in?back=/starred").await;
        browser.fill("#name", "ada").await;
        browser.fill("#password", "wrong horse battery").await;
        browser.click("main button").await;
        assert_eq!(browser.text("#problem").await, "The name or the password is wrong.");
        browser.fill("#password", PASSWORD).await;
        browser.click("main button").await;
        browser.arrive("/starred").await;
        browser.click("main li form button").await;
        browser.find(".empty").await;
    })
    .await;
}
