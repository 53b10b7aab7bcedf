//! What is wrong with the page that is shown.

use serde_json::Value;

use crate::browser::Browser;

const SCRIPT: &str = include_str!("inspect.js");

/// Inspects the page: see the script for what it returns.
pub(crate) async fn inspect(browser: &Browser) -> Value {
    browser.run(SCRIPT).await
}

/// Fails if something on the page is not accessible, or cannot be reached without scrolling to the side.
pub(crate) async fn assert_accessible(browser: &Browser) {
    let found = inspect(browser).await;
    let problems = ["violations", "overhanging"].map(|key| strings(&found[key])).concat();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

pub(crate) fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}
