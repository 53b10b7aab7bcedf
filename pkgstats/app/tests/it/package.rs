//! The pages of a package, with what a registry says of it.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::registry::{one, pinned, read, site, tarball};

/// Returns the facts of a page, without markup.
fn facts(page: &str) -> String {
    let facts = page.split_once("<dl class=\"facts\">").unwrap().1.split_once("</dl>").unwrap().0;
    let mut text = String::new();
    for part in facts.split('<') {
        text += part.split_once('>').map_or(part, |(_, text)| text);
        text.push(' ');
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn koa_pg_session_is_shown_as_it_was_published() {
    let Some(loopback) = pinned().await else { return };
    loopback.be_sparse();
    let site = site(&loopback).await;
    let visitor = site.visitor();
    let page = read(&visitor, "/package/koa-pg-session").await;
    for label in ["ISC", "CommonJS", "no types", "Node &#62;= 4.0.0"] {
        assert!(page.contains(&format!("<span class=\"label\">{label}</span>")), "{label}: {page}");
    }
    assert!(page.contains("<small>2.0.1</small>") && page.contains("<code>npm install koa-pg-session</code>"));
    let facts = facts(&page);
    for fact in ["by this registry", "Size 29 kB", "Files 5", "Dependencies 7", "Owner @TMiguelT"] {
        assert!(facts.contains(fact), "{fact}: {facts}");
    }
    assert!(page.contains("<h2 id=\"readme-koa-pg-session\">") && page.contains("href=\"#readme-"), "{page}");

    let dependencies = visitor.page("/package/koa-pg-session/dependencies").await;
    assert!(dependencies.contains("Dependencies <span class=\"soft\">7</span>"), "{dependencies}");
    let files = visitor.page("/package/koa-pg-session/files").await;
    assert!(files.contains("readme.md") && files.contains("What the tarball of 2.0.1 contains"));
    let versions = visitor.page("/package/koa-pg-session/versions").await;
    assert!(versions.contains("href=\"/package/koa-pg-session/v/2.0.1\""), "{versions}");
    let version = visitor.page("/package/koa-pg-session/v/2.0.1").await;
    assert!(version.contains("npm install koa-pg-session@2.0.1"), "{version}");
    let missing = visitor.get("/package/koa-pg-session/v/9.9.9").await;
    assert_eq!(missing.status(), 404);
    assert!(missing.text().await.unwrap().contains("See all versions"));
    assert_eq!(visitor.get("/package/koa-pg-session/nothing").await.status(), 404);

    let json: Value = serde_json::from_str(&visitor.page("/api/v1/packages/koa-pg-session").await).unwrap();
    assert_eq!((&json["detail"]["license"], &json["detail"]["dependencies"]), (&"ISC".into(), &7.into()));
    let json: Value = serde_json::from_str(&visitor.page("/api/v1/packages/koa-pg-session/versions").await).unwrap();
    assert_eq!(json["versions"][0]["version"], "2.0.1");
    let found = visitor.page("/search?q=koa-pg-session").await;
    assert!(found.contains("2.0.1"), "searches show what was read");
}

#[tokio::test]
async fn other_real_packages_are_shown() {
    let Some(loopback) = pinned().await else { return };
    let site = site(&loopback).await;
    let visitor = site.visitor();
    let express = read(&visitor, "/package/express").await;
    assert!(express.contains("<section class=\"readme\"") && !express.contains("by this registry"), "{express}");
    let node = read(&visitor, "/package/@types/node").await;
    assert!(node.contains("types included"), "{node}");
    assert!(visitor.page("/package/@types/node/files").await.contains("fs/promises.d.ts"));
    let pad = read(&visitor, "/package/left-pad").await;
    assert!(pad.contains("<span class=\"label\">WTFPL</span>"), "{pad}");
    let dependents = visitor.page("/package/accepts/dependents").await;
    assert!(dependents.contains("href=\"/package/express\""), "{dependents}");
    assert_eq!(
        loopback.take_requests().iter().filter(|request| *request == "/express").count(),
        1,
        "a page is read once"
    );
}

#[tokio::test]
async fn a_registry_that_is_down_is_told_with_the_age_of_what_is_shown() {
    let loopback = one("koa", &[("readme.md", b"# Koa here")]).await;
    let site = site(&loopback).await;
    let visitor = site.visitor();
    assert!(read(&visitor, "/package/koa").await.contains("Koa here"));
    loopback.fail_with(Some(503));
    let express = read(&visitor, "/package/express").await;
    assert!(express.contains("class=\"notice\"") && express.contains("packument of express"), "{express}");
    assert!(express.contains("npm install express"), "the rest is there");
    let sql = "UPDATE pkgstats.detail SET stored_at = now() - interval '3 days'";
    site.database.client().await.batch_execute(sql).await.unwrap();
    visitor.page("/package/koa").await;
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let page = visitor.page("/package/koa").await;
        assert!(page.contains("Koa here"));
        if page.contains("What you see was read 3 days ago") {
            break;
        }
        assert!(Instant::now() < until, "{page}");
    }
}

#[tokio::test]
async fn broken_tarballs_are_told() {
    let bomb = tarball(&[("package.json", b"{\"name\": \"koa\"}"), ("zeros", &vec![0; 3_000_000])]);
    let many: Vec<_> = (0..60).map(|n| format!("{n}.js")).collect();
    let many: Vec<_> = many.iter().map(|path| (path.as_str(), &b""[..])).collect();
    let many = tarball(&[&[("package.json", &b"{\"name\": \"koa\"}"[..])], many.as_slice()].concat());
    for (broken, problem) in [
        (bomb, "exceeds"),
        (many, "exceeds"),
        (b"no archive".to_vec(), "cannot be read"),
        (Vec::new(), "cannot be read"),
    ] {
        let loopback = one("koa", &[("readme.md", b"# Koa here")]).await;
        loopback.replace_tarball("koa", broken);
        let mut limits = pkgstats_registry::Limits::default();
        (limits.unpacked, limits.entries) = (1_000_000, 50);
        let site = crate::site::Site::reading(loopback.builder().limits(limits).build().unwrap()).await;
        let page = read(&site.visitor(), "/package/koa").await;
        assert!(page.contains("The tarball could not be read") && page.contains(problem), "{page}");
        assert!(page.contains("<span class=\"label\">MIT</span>"), "{page}");
    }
    let loopback = one("koa", &[("index.js", b""), ("../evil", b"x")]).await;
    let page = read(&site(&loopback).await.visitor(), "/package/koa").await;
    assert!(page.contains("This version has no readme"), "{page}");
}

#[tokio::test]
async fn hostile_readmes_are_harmless() {
    let nested = "<div>".repeat(10_000);
    let brackets = "[".repeat(1 << 20);
    for (readme, harmless) in [
        ("# Title\n<script>alert(1)</script><img src=x onerror=alert(1)>", "Title"),
        ("[a](javascript:alert(1)) <svg onload=alert(1)></svg> <form action=/x><input name=y></form> text", "text"),
        ("<iframe src=//evil.example></iframe><style>*{display:none}</style><a id=main>anchor</a>", "anchor"),
        (nested.as_str(), "too complex"),
        (brackets.as_str(), "[[["),
    ] {
        let loopback = one("koa", &[("README.md", readme.as_bytes())]).await;
        let site = site(&loopback).await;
        let visitor = site.visitor();
        let page = read(&visitor, "/package/koa").await;
        let text = page.split_once("<div class=\"text\">").unwrap().1.split_once("</section>").unwrap().0;
        assert!(page.contains(harmless), "{harmless}");
        for bad in ["<script", "onerror", "onload", "javascript:", "<iframe", "<style", "<form", "id=\"main\""] {
            assert!(!text.contains(bad), "{bad}");
        }
        let began = Instant::now();
        let response = visitor.get("/package/koa?images=1").await;
        assert!(response.headers()["content-security-policy"].to_str().unwrap().contains("img-src 'self' https:"));
        assert!(began.elapsed() < Duration::from_secs(1), "the rendered readme is kept");
        let policy = visitor.get("/package/koa").await.headers()["content-security-policy"].clone();
        assert!(!policy.to_str().unwrap().contains("img-src"));
    }
}

#[tokio::test]
async fn a_site_without_a_registry_says_so() {
    let site = crate::site::Site::with_packages().await;
    let page = site.visitor().page("/package/koa").await;
    assert!(page.contains("this site is offline"), "{page}");
}
