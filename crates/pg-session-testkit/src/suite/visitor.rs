use std::sync::Arc;

use reqwest::cookie::{CookieStore, Jar};
use reqwest::header::{COOKIE, HeaderValue, SET_COOKIE};
use reqwest::{Client, Method, StatusCode, Url};
use serde_json::Value;

use super::must::must;

/// An HTTP client with its own cookies.
#[derive(Debug)]
pub struct Visitor {
    base: Url,
    cookie: &'static str,
    jar: Arc<Jar>,
    /// Sent in place of the cookies.
    raw_cookie: Option<HeaderValue>,
    client: Client,
}

/// The response to a visitor.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// Whether the response has a `Set-Cookie` header.
    pub sets_cookie: bool,
    /// The body.
    pub body: String,
}

impl Visitor {
    pub(super) fn new(address: &str, cookie: &'static str) -> Self {
        let jar = Arc::new(Jar::default());
        let client = must("create a client", Client::builder().cookie_provider(Arc::clone(&jar)).build());
        let base = must("parse the app's address", Url::parse(&format!("http://{address}")));
        Self { base, cookie, jar, raw_cookie: None, client }
    }

    /// Sends a request and returns the response, whatever its status.
    ///
    /// # Panics
    ///
    /// Panics if there is no response.
    pub async fn request(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let url = must("parse the path", self.base.join(path));
        let request = self.client.request(method, url);
        let request = body.iter().fold(request, |request, body| request.json(body));
        let request = self.raw_cookie.iter().fold(request, |request, cookie| request.header(COOKIE, cookie));
        let response = must(path, request.send().await);
        let (status, sets_cookie) = (response.status(), response.headers().contains_key(SET_COOKIE));
        Answer { status, sets_cookie, body: must(path, response.text().await) }
    }

    /// Sends a `GET` request.
    ///
    /// # Panics
    ///
    /// Panics if the request fails.
    pub async fn get(&self, path: &str) -> Answer {
        self.succeed(Method::GET, path, None).await
    }

    /// Sends a `PUT` request with a JSON body.
    ///
    /// # Panics
    ///
    /// Panics if the request fails.
    pub async fn put(&self, path: &str, value: &Value) -> Answer {
        self.succeed(Method::PUT, path, Some(value)).await
    }

    /// Sends a `POST` request without a body.
    ///
    /// # Panics
    ///
    /// Panics if the request fails.
    pub async fn post(&self, path: &str) -> Answer {
        self.succeed(Method::POST, path, None).await
    }

    /// Sends a `DELETE` request.
    ///
    /// # Panics
    ///
    /// Panics if the request fails.
    pub async fn delete(&self, path: &str) -> Answer {
        self.succeed(Method::DELETE, path, None).await
    }

    /// Adds one to the views and returns their number.
    ///
    /// # Panics
    ///
    /// Panics if the request fails or its answer is not a number.
    pub async fn views(&self) -> u64 {
        let answer = self.get("/").await.json();
        answer["views"].as_u64().unwrap_or_else(|| panic!("GET / should return the number of views, not {answer}"))
    }

    /// Returns the session's data.
    ///
    /// # Panics
    ///
    /// Panics if the request fails.
    pub async fn data(&self) -> Value {
        self.get("/session").await.json()
    }

    /// Returns the value of the session cookie.
    #[must_use]
    pub fn cookie(&self) -> Option<String> {
        self.cookies().into_iter().find_map(|(name, value)| (name == self.cookie).then_some(value))
    }

    /// Returns another client with the same cookies. They never expire, so only the app can end the session.
    #[must_use]
    pub fn twin(&self) -> Self {
        self.twin_at(self.base.authority())
    }

    pub(super) fn twin_at(&self, address: &str) -> Self {
        let twin = Self::new(address, self.cookie);
        self.cookies().iter().for_each(|(name, value)| twin.set_cookie(name, value));
        twin
    }

    /// Returns another client with a forged cookie, which differs from this one's in a single character.
    ///
    /// # Panics
    ///
    /// Panics if there is no cookie.
    #[must_use]
    pub fn forger(&self) -> Self {
        let genuine = self.cookie().unwrap_or_else(|| panic!("there is no cookie to forge"));
        let forged = match genuine.strip_prefix('A') {
            Some(rest) => format!("B{rest}"),
            None => genuine.chars().enumerate().map(|(n, c)| if n == 0 { 'A' } else { c }).collect(),
        };
        let forger = self.twin();
        forger.set_cookie(self.cookie, &forged);
        forger
    }

    /// Makes the visitor send this value of the session cookie, which need not be text, whatever the app sets.
    ///
    /// # Panics
    ///
    /// Panics if no header can contain the value.
    #[must_use]
    pub fn with_raw_cookie(mut self, value: &[u8]) -> Self {
        let header = HeaderValue::from_bytes(&[self.cookie.as_bytes(), b"=", value].concat());
        self.raw_cookie = Some(must("make a cookie", header));
        self
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
    /// Parses the body as JSON.
    ///
    /// # Panics
    ///
    /// Panics if the body is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        must(&format!("parse {:?} as JSON", self.body), serde_json::from_str(&self.body))
    }
}
