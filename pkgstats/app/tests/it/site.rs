//! A running Pkg Stats, and its visitors.

use std::net::SocketAddr;

use axum::http::HeaderName;
use pg_session_testkit::Database;
use pkgstats::{App, Options, Workers, router};
use pkgstats_catalog::Import;
use pkgstats_registry::Registry;
use reqwest::header::{HeaderMap, HeaderValue, ORIGIN, USER_AGENT};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use tokio::net::TcpListener;

/// Two instances of the program on one database.
pub(crate) struct Site {
    pub(crate) database: Database,
    instances: [SocketAddr; 2],
    _workers: Option<Workers>,
}

/// A browser, as far as cookies go.
#[derive(Clone)]
pub(crate) struct Visitor {
    client: Client,
    address: SocketAddr,
}

impl Site {
    pub(crate) async fn start() -> Self {
        let database = Database::new();
        let instances = [serve(&database.url()).await, serve(&database.url()).await];
        Self { database, instances, _workers: None }
    }

    /// Starts a site with the packages that the repository ships, whose first instance reads from a registry.
    pub(crate) async fn reading(registry: Registry) -> Self {
        let mut site = Self::with_packages().await;
        let options = Options { registry: Some(registry), ..options(&site.database.url()) };
        let app = App::new(options).await.unwrap();
        site._workers = Some(Workers::start(&app));
        site.instances[0] = serve_app(app).await;
        site
    }

    /// Starts a site with the packages that the repository ships.
    pub(crate) async fn with_packages() -> Self {
        let site = Self::start().await;
        let app = App::new(options(&site.database.url())).await.unwrap();
        app.catalog().import(Import::new().shipped()).await.unwrap();
        app.close().await;
        site
    }

    pub(crate) fn visitor(&self) -> Visitor {
        self.visitor_with("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    }

    pub(crate) fn visitor_with(&self, agent: &'static str) -> Visitor {
        let headers = HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_static(agent))]);
        let client = Client::builder().cookie_store(true).default_headers(headers).redirect(Policy::none());
        Visitor { client: client.build().unwrap(), address: self.instances[0] }
    }

    /// Returns how many sessions there are.
    pub(crate) async fn sessions(&self) -> i64 {
        self.database.client().await.query_one("SELECT count(*) FROM pkgstats.session", &[]).await.unwrap().get(0)
    }

    /// Returns the same visitor, whose requests go to the other instance.
    pub(crate) fn elsewhere(&self, visitor: &Visitor) -> Visitor {
        Visitor { address: self.instances[1], ..visitor.clone() }
    }
}

fn options(database_url: &str) -> Options {
    let client_address_header = Some(HeaderName::from_static("x-forwarded-for"));
    Options { secure_cookies: false, client_address_header, ..Options::new(database_url) }
}

async fn serve(database_url: &str) -> SocketAddr {
    serve_app(App::new(options(database_url)).await.unwrap()).await
}

async fn serve_app(app: App) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let site = router(app).into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, site).await
    });
    address
}

impl Visitor {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    pub(crate) async fn page(&self, path: &str) -> String {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        response.text().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        let origin = format!("http://{}", self.address);
        self.post_from(&origin, path, form).await
    }

    pub(crate) async fn post_from(&self, origin: &str, path: &str, form: &[(&str, &str)]) -> Response {
        self.post_with(&[(ORIGIN.as_str(), origin)], path, form).await
    }

    pub(crate) async fn post_with(&self, headers: &[(&str, &str)], path: &str, form: &[(&str, &str)]) -> Response {
        let body = form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&");
        let request = self.client.post(self.url(path));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.header("content-type", "application/x-www-form-urlencoded").body(body).send().await.unwrap()
    }

    pub(crate) async fn star(&self, name: &str) {
        let response = self.post("/star", &[("name", name), ("starred", "true")]).await;
        assert_eq!(response.status(), 303);
    }

    /// Returns how many packages the visitor has starred.
    pub(crate) async fn stars(&self) -> usize {
        self.page("/starred").await.matches("Remove the star of").count()
    }

    pub(crate) async fn sign_up(&self, name: &str) {
        let response = self.post("/sign-up", &[("name", name), ("password", PASSWORD)]).await;
        assert_eq!(response.status(), 303, "{}", response.text().await.unwrap());
    }

    pub(crate) async fn sign_in(&self, name: &str) {
        let response = self.post("/sign-in", &[("name", name), ("password", PASSWORD)]).await;
        assert_eq!(response.status(), 303);
    }
}

pub(crate) const PASSWORD: &str = "correct horse battery";

fn encoded(value: &str) -> String {
    value
        .bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
