//! Two tabs at once.

use crate::browser::{Browser, Script, visit};

/// Stars 50 packages at once, without waiting for the answers.
async fn star_fifty(browser: &Browser, tab: usize) {
    browser
        .run(&format!(
            "const star = (n) => fetch('/star', {{
                 method: 'POST',
                 body: new URLSearchParams({{ name: `tab-{tab}-package-${{n}}`, starred: 'true' }}),
             }});
             window.answers = Promise.all([...Array(50).keys()].map(star));"
        ))
        .await;
}

#[tokio::test]
async fn two_tabs_that_star_fifty_packages_each_lose_none() {
    visit(Script::On, async |browser, site| {
        browser.open("/package/koa").await;
        browser.click("[data-star] button").await;
        browser.find("[data-star] button[aria-pressed=true]").await;
        let first = browser.client.window().await.unwrap();
        let second = browser.client.new_window(true).await.unwrap().handle;
        browser.client.switch_to_window(second.clone()).await.unwrap();
        browser.open("/starred").await;
        for (number, tab) in [first.clone(), second.clone()].into_iter().enumerate() {
            browser.client.switch_to_window(tab).await.unwrap();
            star_fifty(&browser, number).await;
        }
        for tab in [first, second] {
            browser.client.switch_to_window(tab).await.unwrap();
            let failed = browser.run("return answers.then((all) => all.filter(({ ok }) => !ok).length)").await;
            assert_eq!(failed, 0);
        }
        browser.open("/starred").await;
        let stars = browser.run("return document.querySelectorAll('main li').length").await;
        assert_eq!((stars, site.sessions().await), (101.into(), 1));
    })
    .await;
}
