use std::sync::Arc;

use reqwest::cookie::{CookieStore, Jar};
use reqwest::header::SET_COOKIE;
use reqwest::{Client, Method, StatusCode, Url};
use serde_json::Value;

use super::{Site, must};

/// An HTTP client with cookies of its own.
#[derive(Debug)]
pub struct Visitor {
    base: Url,
    cookie: &'static str,
    jar: Arc<Jar>,
    client: Client,
}

/// What a visitor was answered.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// Whether a cookie was set, or removed.
    pub sets_cookie: bool,
    /// The body.
    pub body: String,
}

impl Visitor {
    pub(super) fn new(address: &str, cookie: &'static str) -> Self {
        let jar = Arc::new(Jar::default());
        let client = must("make a client", Client::builder().cookie_provider(Arc::clone(&jar)).build());
        Self { base: must("read the app's address", Url::parse(&format!("http://{address}"))), cookie, jar, client }
    }

    /// Sends a request and answers whatever comes back.
    ///
    /// # Panics
    ///
    /// When nothing comes back.
    pub async fn request(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let url = must("read the path", self.base.join(path));
        let request = self.client.request(method, url);
        let request = body.iter().fold(request, |request, body| request.json(body));
        let response = must(path, request.send().await);
        let (status, sets_cookie) = (response.status(), response.headers().contains_key(SET_COOKIE));
        Answer { status, sets_cookie, body: must(path, response.text().await) }
    }

    /// `GET`, which must succeed; so must the next three.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub async fn get(&self, path: &str) -> Answer {
        self.succeed(Method::GET, path, None).await
    }

    /// `PUT` of a JSON value.
    pub async fn put(&self, path: &str, value: &Value) -> Answer {
        self.succeed(Method::PUT, path, Some(value)).await
    }

    /// `POST` without a body.
    pub async fn post(&self, path: &str) -> Answer {
        self.succeed(Method::POST, path, None).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.succeed(Method::DELETE, path, None).await
    }

    /// Adds one to the views, and answers how many there are.
    ///
    /// # Panics
    ///
    /// When the answer is no number.
    pub async fn views(&self) -> u64 {
        let answer = self.get("/").await.json();
        answer["views"].as_u64().unwrap_or_else(|| panic!("GET / should answer the views, not {answer}"))
    }

    /// The session's data.
    pub async fn data(&self) -> Value {
        self.get("/session").await.json()
    }

    /// The value of the session's cookie.
    #[must_use]
    pub fn cookie(&self) -> Option<String> {
        self.cookies().into_iter().find_map(|(name, value)| (name == self.cookie).then_some(value))
    }

    /// Another client with the same cookies. They never expire: it is for the app to know when a session ends.
    #[must_use]
    pub fn twin(&self) -> Self {
        let twin = Self::new(self.base.authority(), self.cookie);
        self.cookies().iter().for_each(|(name, value)| twin.set_cookie(name, value));
        twin
    }

    /// Somebody who made up a cookie after the likeness of this one.
    ///
    /// # Panics
    ///
    /// When there is no cookie.
    #[must_use]
    pub fn forger(&self) -> Self {
        let real = self.cookie().unwrap_or_else(|| panic!("there is no cookie to forge"));
        let made_up = match real.strip_prefix('A') {
            Some(rest) => format!("B{rest}"),
            None => real.chars().enumerate().map(|(n, c)| if n == 0 { 'A' } else { c }).collect(),
        };
        let forger = self.twin();
        forger.set_cookie(self.cookie, &made_up);
        forger
    }

    /// Another client with the same cookies, which goes to this process.
    #[must_use]
    pub fn at(&self, site: &Site) -> Self {
        Self { base: site.visitor().base, ..self.twin() }
    }

    async fn succeed(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let answer = self.request(method.clone(), path, body).await;
        assert!(answer.status.is_success(), "{method} {path} should succeed: {answer:?}");
        answer
    }

    fn cookies(&self) -> Vec<(String, String)> {
        let header = self.jar.cookies(&self.base);
        let header = header.as_ref().and_then(|header| header.to_str().ok()).unwrap_or_default();
        let pairs = header.split("; ").filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn set_cookie(&self, name: &str, value: &str) {
        self.jar.add_cookie_str(&format!("{name}={value}; Path=/"), &self.base);
    }
}

impl Answer {
    /// The body, as JSON.
    ///
    /// # Panics
    ///
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        must(&format!("read {:?} as JSON", self.body), serde_json::from_str(&self.body))
    }
}
