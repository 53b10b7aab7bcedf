//! Apps over real HTTP, and their visitors.

use axum::Router;
use pg_session_testkit::Database;
use reqwest::{Client, Method, Response, StatusCode};
use tokio::net::TcpListener;

/// Serves `app` until the test ends. Returns its address.
pub(crate) async fn serve(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
    address
}

/// An HTTP client with cookies of its own.
pub(crate) struct Visitor {
    address: String,
    client: Client,
}

impl Visitor {
    pub(crate) fn new(address: &str) -> Self {
        Self { address: address.to_owned(), client: Client::builder().cookie_store(true).build().unwrap() }
    }

    pub(crate) async fn get(&self, path: &str) -> String {
        self.text(Method::GET, path).await
    }

    pub(crate) async fn post(&self, path: &str) -> String {
        self.text(Method::POST, path).await
    }

    /// Returns the status of the response to a `POST`.
    pub(crate) async fn status(&self, path: &str) -> StatusCode {
        self.send(Method::POST, path).await.status()
    }

    async fn text(&self, method: Method, path: &str) -> String {
        self.send(method, path).await.error_for_status().unwrap().text().await.unwrap()
    }

    async fn send(&self, method: Method, path: &str) -> Response {
        self.client.request(method, format!("{}{path}", self.address)).send().await.unwrap()
    }
}

/// Returns the ids of all stored sessions.
pub(crate) async fn ids(database: &Database) -> Vec<String> {
    let rows = database.client().await.query("SELECT id FROM session", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}
