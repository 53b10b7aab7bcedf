//! Pages on paper.

use serde_json::json;

use crate::browser::{Script, visit};
use crate::view::NARROW;

#[tokio::test]
async fn only_the_content_is_printed_and_it_is_dark_on_white() {
    visit(Script::On, async |browser, _site| {
        browser.look(NARROW).await;
        let dark = json!([{ "name": "prefers-color-scheme", "value": "dark" }]);
        for (path, content) in
            [("/package/koa", "dl.figures"), ("/search?q=koa", ".results"), ("/compare?p=koa", "table")]
        {
            browser.devtools("Emulation.setEmulatedMedia", json!({ "media": "print", "features": dark })).await;
            browser.open(path).await;
            let hidden = browser
                .run(
                    "return [...document.querySelectorAll('.bar, footer, form, button')]
                         .filter((element) => element.checkVisibility()).length",
                )
                .await;
            assert_eq!(hidden, 0, "{path}");
            let shown = browser
                .run(&format!(
                    "const {{ color, backgroundColor }} = getComputedStyle(document.documentElement);
                     return [document.querySelector('{content}').checkVisibility(), color, backgroundColor]"
                ))
                .await;
            assert_eq!(shown, json!([true, "rgb(28, 33, 39)", "rgb(255, 255, 255)"]), "{path}");
        }
    })
    .await;
}
