//! The pages, with the data that the repository ships.

use serde_json::Value;

use crate::site::Site;

async fn json(site: &Site, path: &str) -> Value {
    serde_json::from_str(&site.visitor().page(path).await).unwrap()
}

/// Returns the names of the results on a page, in their order.
fn names(page: &str) -> Vec<&str> {
    page.split("class=\"name\" href=\"/package/").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn a_search_finds_the_exact_name_first_and_says_so() {
    let site = Site::with_packages().await;
    let visitor = site.visitor();
    for name in ["express", "koa-pg-session", "react"] {
        let page = visitor.page(&format!("/search?q={name}")).await;
        assert_eq!(names(&page)[0], name);
        assert!(page.contains("exact name"), "{name}");
    }
    let page = visitor.page("/search?q=koa+session").await;
    assert!(page.contains("<mark>koa</mark>-<mark>session</mark>"), "{page}");
}

#[tokio::test]
async fn a_misspelt_name_is_answered_with_the_one_meant() {
    let site = Site::with_packages().await;
    let page = site.visitor().page("/search?q=axois").await;
    assert!(page.contains("Did you mean <a href=\"/search?q=axios\">axios</a>?") && page.contains("×43,355"), "{page}");
    assert!(!site.visitor().page("/search?q=express").await.contains("Did you mean"));
}

#[tokio::test]
async fn the_box_has_three_forms() {
    let site = Site::with_packages().await;
    let visitor = site.visitor();
    for (path, target) in [
        ("/search?q=pkg%3Akoa-pg-session", "/package/koa-pg-session"),
        ("/search?q=pkg%3A%40types%2Fnode", "/package/@types/node"),
        ("/search?q=%40sindresorhus", "/owner/sindresorhus"),
        ("/pkg:koa", "/package/koa"),
        ("/@sindresorhus", "/owner/sindresorhus"),
        ("/search?q=", "/"),
    ] {
        let response = visitor.get(path).await;
        assert!(response.status().is_redirection(), "{path}: {}", response.status());
        assert_eq!(response.headers()["location"], target, "{path}");
    }
    let page = visitor.page("/owner/sindresorhus").await;
    assert!(page.contains("<h1>@sindresorhus</h1>") && !names(&page).is_empty());
}

#[tokio::test]
async fn a_package_has_one_figure_everywhere() {
    let site = Site::with_packages().await;
    let visitor = site.visitor();
    let page = visitor.page("/package/koa-pg-session").await;
    for text in [">19<", "30 days, measured in March 2026", "\u{2212}26.7", "1,449,439", "shared by 41,196", ">20<"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let api = json(&site, "/api/v1/packages/koa-pg-session").await;
    assert_eq!((&api["figure"]["downloads"], &api["rank"]), (&Value::from(19), &Value::from(1_449_439)));
    assert_eq!(api["figure"]["measured"], "2026-03");
    assert!(visitor.page("/badge/koa-pg-session.svg").await.contains("19/month"));
    let found = json(&site, "/api/v1/search?q=koa-pg-session").await;
    assert_eq!(found["results"][0]["figure"]["downloads"], 19);
    assert_eq!(found["results"][0]["reason"], "exact name");
}

#[tokio::test]
async fn what_does_not_exist_is_not_found_and_near_names_are_offered() {
    let site = Site::with_packages().await;
    let visitor = site.visitor();
    let response = visitor.get("/package/expres").await;
    assert_eq!(response.status(), 404);
    assert!(response.text().await.unwrap().contains("/package/express"));
    for path in
        ["/package/nothing-of-that-name-zz9", "/owner/nobody-zz9", "/lists/best", "/no-such-page", "/package/a%20b"]
    {
        assert_eq!(visitor.get(path).await.status(), 404, "{path}");
    }
    let response = visitor.get("/api/v1/packages/nothing-of-that-name-zz9").await;
    assert_eq!(response.status(), 404);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn awkward_queries_are_said_back() {
    let site = Site::with_packages().await;
    let visitor = site.visitor();
    let long = "x".repeat(7_000);
    for (query, said) in [
        ("%27", "&#39;"),
        ("%25", "%"),
        ("%5C", "\\"),
        ("%26%7C!%3A*()", "&#38;|!:*()"),
        ("a%00b", "a"),
        ("%F0%9F%98%80", "😀"),
        ("%D7%A9%D7%9C%D7%95%D7%9D", "שלום"),
        ("%3Cscript%3Ealert(1)%3C%2Fscript%3E", "&#60;script&#62;alert(1)&#60;/script&#62;"),
        (long.as_str(), long.as_str()),
    ] {
        let page = visitor.page(&format!("/search?q={query}")).await;
        assert!(page.contains(&format!("value=\"{said}")), "{query}");
        assert!(!page.contains("<script>alert"));
    }
    assert_eq!(visitor.page("/suggest?q=%00").await, "{\"results\":[]}");
}

#[tokio::test]
async fn suggestions_come_while_typing() {
    let site = Site::with_packages().await;
    for (typed, first) in
        [("rea", "react"), ("react-d", "react-dom"), ("koa-pg", "koa-pg-session"), ("@types/no", "@types/node")]
    {
        let suggestions = json(&site, &format!("/suggest?q={typed}")).await;
        let names: Vec<_> = suggestions["results"].as_array().unwrap().iter().map(|result| &result["name"]).collect();
        assert!(names.iter().take(5).any(|name| *name == first), "{typed}: {names:?}");
    }
}

#[tokio::test]
async fn lists_and_the_start_page_show_what_rises_and_falls() {
    let site = Site::with_packages().await;
    let visitor = site.visitor();
    let home = visitor.page("/").await;
    assert!(home.contains("Rising") && home.contains("measured in March 2026"), "{home}");
    for kind in ["rising", "falling", "top"] {
        assert!(names(&visitor.page(&format!("/lists/{kind}")).await).len() > 10, "{kind}");
    }
}

#[tokio::test]
async fn packages_are_compared() {
    let site = Site::with_packages().await;
    let page = site.visitor().page("/compare?p=koa+express&p=no-such-package-zz9").await;
    assert!(page.contains("/package/koa\"") && page.contains("/package/express\""));
    assert!(page.contains("There is no package no-such-package-zz9"));
    assert!(page.contains("class=\"differs\""));
}

#[tokio::test]
async fn what_a_visitor_has_opened_is_kept_only_with_a_session() {
    let site = Site::with_packages().await;
    let visitor = site.visitor();
    visitor.page("/package/koa").await;
    assert_eq!(site.sessions().await, 0);
    visitor.star("koa").await;
    visitor.page("/package/express").await;
    let recent = visitor.page("/recent").await;
    assert!(recent.contains("/package/express") && !recent.contains("/package/koa"));
    assert!(visitor.page("/package/koa").await.contains("aria-pressed=\"true\">Starred"));
}

#[tokio::test]
async fn what_is_kept_is_listed_with_its_figures() {
    let site = Site::with_packages().await;
    let visitor = site.visitor();
    visitor.sign_up("ada").await;
    for name in ["koa", "no-such-package-zz9", "@types/node"] {
        visitor.star(name).await;
        visitor.post("/watch", &[("name", name), ("watched", "true")]).await;
        visitor.get(&format!("/package/{name}")).await;
    }
    for path in ["/starred", "/watched"] {
        let page = visitor.page(path).await;
        let mut listed = names(&page);
        listed.sort_unstable();
        assert_eq!(listed, ["@types/node", "koa", "no-such-package-zz9"], "{path}");
        assert!(page.contains("25,790,981") && page.contains("no figure yet"), "{path}: {page}");
    }
    let recent = visitor.page("/recent").await;
    assert_eq!(names(&recent).len(), 2);
    assert!(recent.contains("25,790,981"), "{recent}");
}

#[tokio::test]
async fn an_account_watches_packages() {
    let site = Site::with_packages().await;
    let visitor = site.visitor();
    assert_eq!(visitor.get("/watched").await.status(), 401);
    visitor.sign_up("ada").await;
    visitor.post("/watch", &[("name", "koa"), ("watched", "true"), ("back", "/watched")]).await;
    assert!(visitor.page("/watched").await.contains("/package/koa"));
    assert!(visitor.page("/package/koa").await.contains("Watched</button>"));
    visitor.post("/watch", &[("name", "koa"), ("watched", "false")]).await;
    assert!(!visitor.page("/watched").await.contains("/package/koa"));
}

#[tokio::test]
async fn browsers_can_search_from_their_address_bar() {
    let site = Site::with_packages().await;
    let description = site.visitor().page("/opensearch.xml").await;
    assert!(
        description.contains("/search?q={searchTerms}") && description.contains("http://127.0.0.1"),
        "{description}"
    );
}
