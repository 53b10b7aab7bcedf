//! The pages of packages, with what a registry says of them.

use serde_json::{Value, json};

use crate::browser::{Script, visit_site};
use crate::pages::assert_good;
use crate::registry::{one, pinned, read, site};

/// Tries to run a script, to load from elsewhere, and to take the place of what the page needs.
const HOSTILE: &str = r#"# Title

<script>window.pwned = 1</script>
<img src="x" onerror="window.pwned = 2">
<img src="https://evil.example/pixel.png">
<a id="link" href="javascript:window.pwned = 3">a link</a>
[another link](javascript:window.pwned=4)
<svg onload="window.pwned = 5"><script>window.pwned = 6</script></svg>
<style>* { display: none !important }</style>
<form action="https://evil.example/"><input name="q" id="q"><button id="send">Send</button></form>
<iframe src="https://evil.example/" srcdoc="<script>parent.pwned = 7</script>"></iframe>
<div id="keys" name="getElementById" style="position: fixed; inset: 0">over the page</div>
<details open ontoggle="window.pwned = 8"><summary>more</summary>text</details>
"#;

#[tokio::test]
async fn the_pages_of_real_packages_are_good() {
    let Some(loopback) = pinned().await else { return };
    visit_site(Script::On, site(&loopback), async |browser, site| {
        for name in ["koa-pg-session", "express", "@types/node"] {
            read(&site.visitor(), &format!("/package/{name}")).await;
        }
        let pages = [
            "/package/koa-pg-session",
            "/package/koa-pg-session/versions",
            "/package/koa-pg-session/v/2.0.1",
            "/package/koa-pg-session/dependencies",
            "/package/koa-pg-session/dependents",
            "/package/koa-pg-session/files",
            "/package/express",
            "/package/@types/node",
            "/package/@types/node/files",
        ];
        let pages = pages.map(|path| (200, path));
        assert_good(&browser, &pages).await;
    })
    .await;
}

#[tokio::test]
async fn nothing_of_a_hostile_readme_runs() {
    let loopback = one("express", &[("README.md", HOSTILE.as_bytes())]).await;
    visit_site(Script::On, site(&loopback), async |browser, site| {
        let page = read(&site.visitor(), "/package/express").await;
        assert!(page.contains("over the page"), "{page}");
        browser.open("/package/express").await;
        browser.run("for (const link of document.querySelectorAll('main a')) if (!/^(https?:|[/#])/.test(link.getAttribute('href') ?? '#')) link.click()").await;
        let found = browser
            .run(
                "await new Promise((done) => setTimeout(done, 300));
                 const foreign = performance.getEntriesByType('resource').filter(({ name }) => !name.startsWith(origin));
                 return [
                     window.pwned ?? null,
                     foreign.map(({ name }) => name),
                     document.querySelectorAll('main :is(script, style, iframe, form[action*=evil], svg script)').length,
                     document.getElementById('q').form.getAttribute('role'),
                     document.getElementById('keys').tagName,
                     document.elementFromPoint(innerWidth / 2, 4).closest('header') !== null,
                 ];",
            )
            .await;
        assert_eq!(found, json!([Value::Null, [], 0, "search", "DIALOG", true]));
        browser.type_text("?").await;
        assert_eq!(browser.run("return document.getElementById('keys').open").await, true);
    })
    .await;
}
