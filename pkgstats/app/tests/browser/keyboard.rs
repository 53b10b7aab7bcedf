//! The site by keyboard alone.

use fantoccini::key::Key;
use serde_json::{Value, json};

use crate::browser::{Browser, Script, visit};
use crate::inspect::assert_accessible;
use crate::site::PASSWORD;
use crate::view::{LIGHT, NARROW};

fn key(key: Key) -> char {
    key.into()
}

/// Returns the element with the focus as its selector in short, and whether its focus can be seen.
async fn focus(browser: &Browser) -> (String, bool) {
    let found = browser
        .run(
            "const { activeElement: at } = document;
             const { outlineStyle, outlineWidth } = getComputedStyle(at);
             const { left, top } = at.getBoundingClientRect();
             const name = at.id ? `#${at.id}` : at.getAttribute('href') ?? at.textContent.trim();
             return [name, outlineStyle === 'solid' && parseFloat(outlineWidth) >= 2 && left >= 0 && top >= 0];",
        )
        .await;
    (found[0].as_str().unwrap().to_owned(), found[1] == true)
}

async fn press(browser: &Browser, what: Key) {
    browser.press(&[key(what)]).await;
}

/// Presses Tab, and checks that the focus is there, and can be seen.
async fn tab_to(browser: &Browser, element: &str) {
    press(browser, Key::Tab).await;
    assert_eq!(focus(browser).await, (element.to_owned(), true));
}

#[tokio::test]
async fn a_suggestion_is_chosen_with_the_arrows() {
    visit(Script::On, async |browser, _site| {
        browser.open("/starred").await;
        browser.type_text("/reac").await;
        assert_eq!(focus(&browser).await, ("#q".to_owned(), true));
        browser.find("#suggestions [role=option]").await;
        let state = async |attribute: &str| browser.find("#q").await.attr(attribute).await.unwrap().unwrap_or_default();
        assert_eq!((state("role").await, state("aria-expanded").await), ("combobox".to_owned(), "true".to_owned()));
        for (what, active) in [(Key::Down, 0), (Key::Down, 1), (Key::Up, 0)] {
            press(&browser, what).await;
            let id = state("aria-activedescendant").await;
            assert_eq!(id, format!("suggestion-{active}"));
            assert!(browser.has(&format!("#{id}[role=option][aria-selected=true]")).await);
            assert_eq!(browser.client.find_all(selected()).await.unwrap().len(), 1);
        }
        browser.press(&[key(Key::Up), key(Key::Up)]).await;
        assert_eq!(state("aria-activedescendant").await, "suggestion-8");
        for view in [LIGHT, NARROW] {
            browser.look(view).await;
            assert_accessible(&browser).await;
        }
        press(&browser, Key::Escape).await;
        assert_eq!(browser.run("return document.getElementById('q').value").await, "reac");
        press(&browser, Key::Up).await;
        assert_eq!(state("aria-activedescendant").await, "");
        assert_eq!(state("aria-expanded").await, "false");
        assert_eq!(state("aria-activedescendant").await, "");
        browser.type_text("t-rou").await;
        browser.find("#suggestion-0[data-name=react-router]").await;
        browser.press(&[key(Key::Down), key(Key::Enter)]).await;
        browser.arrive("/package/react-router").await;
    })
    .await;
}

#[tokio::test]
async fn the_last_suggestion_is_before_the_first_and_late_answers_are_ignored() {
    visit(Script::On, async |browser, _site| {
        let all_are_answered = "return new Promise((done) => {
                                    const look = () => (answered === 4 ? done() : setTimeout(look, 20));
                                    look();
                                })";
        browser.open("/starred").await;
        let count = "const answer = fetch;
                     window.answered = 0;
                     window.fetch = async (...args) => {
                         const response = await answer(...args);
                         setTimeout(() => { window.answered++; }, 100);
                         return response;
                     };";
        browser.run(count).await;
        browser.type_text("/reac").await;
        // Each answer replaces the list.
        browser.run(all_are_answered).await;
        let last = browser.find("#suggestions li:nth-child(10)").await;
        press(&browser, Key::Up).await;
        assert_eq!(last.attr("aria-selected").await.unwrap().as_deref(), Some("true"));

        browser.open("/starred").await;
        let delay = "const answer = fetch;
                     window.answered = 0;
                     window.fetch = async (...args) => {
                         const response = await answer(...args);
                         await new Promise((done) => setTimeout(done, 200));
                         setTimeout(() => { window.answered++; }, 100);
                         return response;
                     };";
        browser.run(delay).await;
        browser.type_text("/reac").await;
        press(&browser, Key::Tab).await;
        browser.run(all_are_answered).await;
        assert!(!browser.has("#suggestions li").await);
        assert!(browser.has("#q[aria-expanded=false]").await);
    })
    .await;
}

fn selected() -> fantoccini::Locator<'static> {
    fantoccini::Locator::Css("[role=option][aria-selected=true]")
}

#[tokio::test]
async fn keys_search_star_compare_and_help() {
    visit(Script::On, async |browser, site| {
        browser.open("/").await;
        browser.type_text("koa session").await;
        press(&browser, Key::Enter).await;
        browser.arrive("/search?q=koa+session").await;

        browser.open("/package/koa").await;
        browser.type_text("s").await;
        browser.find("[data-star] button[aria-pressed=true]").await;
        assert_eq!(browser.text("[data-star] button").await, "Starred");
        browser.open("/package/koa").await;
        browser.find("[data-star] button[aria-pressed=true]").await;
        browser.type_text("s").await;
        browser.find("[data-star] button[aria-pressed=false]").await;
        assert_eq!(site.sessions().await, 1);

        browser.type_text("?").await;
        assert_eq!(browser.run("return document.getElementById('keys').open").await, true);
        for view in [LIGHT, NARROW] {
            browser.look(view).await;
            assert_accessible(&browser).await;
        }
        // A key acts on the page only once the help is closed.
        browser.type_text("c").await;
        assert_eq!(browser.path().await, "/package/koa");
        press(&browser, Key::Escape).await;
        assert_eq!(browser.run("return document.getElementById('keys').open").await, false);
        browser.type_text("c").await;
        browser.arrive("/compare?p=koa").await;
    })
    .await;
}

#[tokio::test]
async fn the_focus_is_seen_and_moves_in_the_order_of_the_page() {
    visit(Script::On, async |browser, _site| {
        browser.open("/sign-up?back=/starred").await;
        tab_to(&browser, "#main").await;
        press(&browser, Key::Enter).await;
        assert_eq!(browser.run("return document.activeElement.id").await, "main");
        tab_to(&browser, "#name").await;
        browser.type_text("ada").await;
        tab_to(&browser, "#password").await;
        browser.type_text(PASSWORD).await;
        tab_to(&browser, "Sign up").await;
        press(&browser, Key::Enter).await;
        browser.arrive("/starred").await;
        for element in
            ["#main", "/", "#q", "Search", "/starred", "/compare", "/watched", "/account/devices", "Sign out"]
        {
            tab_to(&browser, element).await;
        }
        press(&browser, Key::Enter).await;
        browser.arrive("/").await;

        browser.open("/sign-in?back=/starred").await;
        browser.press(&[key(Key::Tab), key(Key::Enter), key(Key::Tab)]).await;
        browser.type_text("ada").await;
        press(&browser, Key::Tab).await;
        browser.type_text(PASSWORD).await;
        press(&browser, Key::Enter).await;
        browser.arrive("/starred").await;
        browser.find("[action='/sign-out']").await;
    })
    .await;
}

#[tokio::test]
async fn a_star_without_a_connection_is_sent_as_a_form() {
    visit(Script::On, async |browser, _site| {
        browser.open("/package/koa").await;
        browser.run("window.fetch = () => Promise.reject(new Error('offline'));").await;
        browser.type_text("s").await;
        browser.find("[data-star] button[aria-pressed=true]").await;
        assert_eq!(browser.run("return performance.getEntriesByType('navigation').length").await, json!(1));
        assert_eq!(browser.run("return String(fetch).includes('native')").await, Value::Bool(true));
    })
    .await;
}
