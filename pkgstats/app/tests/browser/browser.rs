//! A Chromium with a profile of its own, at a site of its own.

use std::env;
use std::panic::resume_unwind;
use std::time::Duration;

use axum::http::Method;
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use url::{ParseError, Url};

use crate::site::Site;
use crate::view::View;
use crate::{axe, chromedriver};

/// How long a test waits for what it expects.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whether the site's script runs.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Script {
    On,
    Off,
}

/// A window of Chromium. Clones share it.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) client: Client,
    origin: String,
}

/// Runs a test with a browser at a site that has packages. Closes the browser even if the test fails.
pub(crate) async fn visit<F: Future<Output = ()> + Send + 'static>(
    script: Script,
    test: impl FnOnce(Browser, Site) -> F,
) {
    visit_site(script, Site::with_packages(), test).await;
}

/// Runs a test with a browser at this site. Closes the browser even if the test fails.
pub(crate) async fn visit_site<F: Future<Output = ()> + Send + 'static>(
    script: Script,
    site: impl Future<Output = Site>,
    test: impl FnOnce(Browser, Site) -> F,
) {
    let (address, axe) = match (chromedriver::address(), axe::script()) {
        (Ok(address), Ok(axe)) => (address, axe),
        (Err(problem), _) | (_, Err(problem)) => {
            assert!(env::var_os("PKGSTATS_STRICT").is_none(), "{problem}");
            return eprintln!("skipped: {problem}");
        }
    };
    let site = site.await;
    let origin = site.visitor().url("");
    let client = ClientBuilder::new(HttpConnector::new()).capabilities(capabilities(script)).connect(address).await;
    let browser = Browser { client: client.unwrap(), origin };
    if script == Script::On {
        browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": axe })).await;
    }
    let result = tokio::spawn(test(browser.clone(), site)).await;
    browser.client.close().await.unwrap();
    if let Err(error) = result {
        resume_unwind(error.into_panic());
    }
}

fn capabilities(script: Script) -> Capabilities {
    // Chromium has no sandbox for root, and /dev/shm is small in containers.
    let args = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1200,800"];
    let script = if script == Script::On { 1 } else { 2 };
    let options = json!({ "args": args, "prefs": { "profile.managed_default_content_settings.javascript": script } });
    let capabilities = [("goog:chromeOptions", options), ("goog:loggingPrefs", json!({ "browser": "ALL" }))];
    capabilities.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A command of chromedriver that WebDriver does not have.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

impl Browser {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    pub(crate) async fn open(&self, path: &str) {
        self.client.goto(&self.url(path)).await.unwrap();
    }

    /// Returns the path and the query of the page.
    pub(crate) async fn path(&self) -> String {
        self.client.current_url().await.unwrap().to_string().replace(&self.origin, "")
    }

    /// Runs a script in the page, and returns what it returns. Waits if that is a promise.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Sends a command of the DevTools protocol.
    pub(crate) async fn devtools(&self, command: &str, params: Value) {
        let body = json!({ "cmd": command, "params": params });
        self.client.issue_cmd(Extension { path: "goog/cdp/execute", body }).await.unwrap();
    }

    /// Changes the size of the window and the colour scheme.
    pub(crate) async fn look(&self, view: View) {
        for (command, params) in view.commands() {
            self.devtools(command, params).await;
        }
    }

    /// Returns the messages in the console since the last call.
    pub(crate) async fn console(&self) -> Vec<String> {
        let log =
            self.client.issue_cmd(Extension { path: "se/log", body: json!({ "type": "browser" }) }).await.unwrap();
        log.as_array().unwrap().iter().map(|entry| entry["message"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits for an element.
    pub(crate) async fn find(&self, css: &str) -> Element {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        found.unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    pub(crate) async fn has(&self, css: &str) -> bool {
        !self.client.find_all(Locator::Css(css)).await.unwrap().is_empty()
    }

    pub(crate) async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap();
    }

    /// Replaces the text of a field.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    pub(crate) async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap()
    }

    /// Waits until the address of the page has this path and query.
    pub(crate) async fn arrive(&self, path: &str) {
        let url = Url::parse(&self.url(path)).unwrap();
        let arrived = self.client.wait().at_most(PATIENCE).for_url(&url).await;
        let at = self.path().await;
        arrived.unwrap_or_else(|error| panic!("at {at} instead of {path}: {error}"));
    }

    /// Presses keys one after the other, wherever the focus is.
    pub(crate) async fn press(&self, keys: &[char]) {
        let press = |actions: KeyActions, key: &char| {
            actions.then(KeyAction::Down { value: *key }).then(KeyAction::Up { value: *key })
        };
        let actions = keys.iter().fold(KeyActions::new("keyboard".to_owned()), press);
        self.client.perform_actions(actions).await.unwrap();
    }

    pub(crate) async fn type_text(&self, text: &str) {
        self.press(&text.chars().collect::<Vec<_>>()).await;
    }
}
