//! Takes the screenshots of the README.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::browser::{Script, visit};
use crate::view::{DARK, LIGHT};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../screenshots");

#[tokio::test]
#[ignore = "writes files: cargo test --package pkgstats --test browser -- --ignored"]
async fn screenshots_of_the_readme() {
    visit(Script::On, async |browser, _site| {
        browser.devtools("Emulation.setScrollbarsHidden", json!({ "hidden": true })).await;
        for (name, view, path) in [
            ("start", LIGHT, "/"),
            ("search", DARK, "/search?q=koa+session"),
            ("compare", LIGHT, "/compare?p=koa+express+fastify+hono"),
        ] {
            browser.look(view.sized(960, 600)).await;
            browser.open(path).await;
            let png = browser.client.screenshot().await.unwrap();
            fs::write(Path::new(FOLDER).join(format!("{name}.png")), png).unwrap();
        }
    })
    .await;
}
