//! Apps over real HTTP, and their visitors.

use std::sync::Arc;

use actix_session::config::{PersistentSession, TtlExtensionPolicy};
use actix_session::storage::SessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::body::MessageBody;
use actix_web::cookie::{Cookie, CookieJar, Key, time::Duration};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{Condition, DefaultHeaders, Next, from_fn};
use actix_web::web::{self, Data, Path};
use actix_web::{App, Error, HttpServer};
use pg_session_actix::{ActixStore, RequestScope};
use pg_session_testkit::{Database, Gate};
use reqwest::cookie::Jar;
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::Value;

/// The place of the scope of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Placement {
    Around,
    Inside,
    /// A middleware between the scope and the session middleware continues in another task.
    SpawnsBetween,
    Missing,
}

impl Placement {
    pub(crate) const ALL: [Self; 4] = [Self::Around, Self::Inside, Self::SpawnsBetween, Self::Missing];
}

async fn spawn(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    actix_web::rt::spawn(next.call(request)).await.unwrap()
}

/// An app whose slow requests load their session, wait at a gate, and then use the session.
pub(crate) struct Site {
    pub(crate) database: Database,
    pub(crate) store: ActixStore,
    pub(crate) gate: Gate,
    address: String,
}

impl Site {
    pub(crate) async fn open() -> Self {
        Self::open_with(Placement::Around).await
    }

    pub(crate) async fn open_with(placement: Placement) -> Self {
        let (database, gate) = (Database::new(), Gate::new());
        database.client().await.batch_execute(TABLE).await.unwrap();
        let store = crate::store(&database).await;
        let (sessions, data) = (store.clone(), Data::new((store.clone(), gate.clone())));
        let server = HttpServer::new(move || {
            let rolling = PersistentSession::default()
                .session_ttl(Duration::HOUR)
                .session_ttl_extension_policy(TtlExtensionPolicy::OnEveryRequest);
            let sessions = SessionMiddleware::builder(sessions.clone(), Key::from(KEY))
                .cookie_secure(false)
                .session_lifecycle(rolling)
                .build();
            let scope = || RequestScope::around(DefaultHeaders::new());
            App::new()
                .app_data(data.clone())
                .route("/id", web::get().to(async |data: AppData| data.0.session_id().unwrap_or_default()))
                .route("/set/{key}", web::post().to(set))
                .route("/remove/{key}", web::post().to(remove))
                .route("/slow/{key}", web::post().to(slow_set))
                .route("/slow-touch", web::get().to(slow_touch))
                .route("/slow-rotate", web::post().to(slow_rotate))
                .route("/slow-login", web::post().to(slow_login))
                .route("/slow-delete", web::post().to(slow_delete))
                .route("/logout", web::post().to(log_out))
                .wrap(Condition::new(placement == Placement::Inside, scope()))
                .wrap(Condition::new(placement != Placement::Around, sessions.clone()))
                .wrap(Condition::new(placement == Placement::Around, RequestScope::around(sessions)))
                .wrap(Condition::new(placement == Placement::SpawnsBetween, from_fn(spawn)))
                .wrap(Condition::new(placement == Placement::SpawnsBetween, scope()))
        });
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", server.addrs()[0]);
        actix_web::rt::spawn(server.run());
        Self { database, store, gate, address }
    }

    /// Returns a visitor with the session `{"a": 1}` and a note in its row.
    pub(crate) async fn visitor(&self) -> Visitor {
        let visitor = self.stranger();
        visitor.post("/set/a").await;
        self.sql("UPDATE session SET note = 'kept'").await;
        visitor
    }

    pub(crate) fn stranger(&self) -> Visitor {
        Visitor::new(&self.address)
    }

    /// Returns a visitor with an encrypted cookie that has this id, as one of an earlier version of the app might.
    pub(crate) fn forger(&self, id: &str) -> Visitor {
        let mut cookies = CookieJar::new();
        cookies.private_mut(&Key::from(KEY)).add(Cookie::new("id", id.to_owned()));
        let jar = Jar::default();
        jar.add_cookie_str(&cookies.get("id").unwrap().to_string(), &self.address.parse().unwrap());
        Visitor {
            address: self.address.clone(),
            client: Client::builder().cookie_provider(Arc::new(jar)).build().unwrap(),
        }
    }

    /// Returns the data of all sessions.
    pub(crate) async fn data(&self) -> Vec<Value> {
        let sessions = self.store.pg_store().all().await.unwrap();
        sessions.iter().map(|session| session.decode().unwrap()).collect()
    }

    /// Returns a column of the only row.
    pub(crate) async fn text(&self, column: &str) -> String {
        let sql = format!("SELECT ({column})::text FROM session");
        self.database.client().await.query_one(&sql, &[]).await.unwrap().get(0)
    }

    pub(crate) async fn sql(&self, sql: &str) {
        self.database.client().await.batch_execute(sql).await.unwrap();
    }
}

/// Encrypts the cookies.
const KEY: &[u8] = &[7; 64];

const TABLE: &str = "CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session json, note text)";

type AppData = Data<(ActixStore, Gate)>;

async fn set(key: Path<String>, session: Session) -> &'static str {
    session.insert(key.into_inner(), 1).unwrap();
    "done"
}

async fn remove(key: Path<String>, session: Session) -> &'static str {
    session.remove(&key.into_inner());
    "done"
}

async fn slow_set(key: Path<String>, session: Session, data: AppData) -> &'static str {
    data.1.wait().await;
    set(key, session).await
}

async fn slow_touch(data: AppData) -> &'static str {
    data.1.wait().await;
    "done"
}

async fn slow_rotate(session: Session, data: AppData) -> &'static str {
    session.renew();
    slow_touch(data).await
}

async fn slow_login(session: Session, data: AppData) -> &'static str {
    session.insert("user", 7).unwrap();
    slow_rotate(session, data).await
}

async fn slow_delete(data: AppData) -> &'static str {
    let key = data.0.session_id().unwrap().try_into().unwrap();
    data.0.delete(&key).await.unwrap();
    slow_touch(data).await
}

async fn log_out(session: Session) -> &'static str {
    session.purge();
    "done"
}

/// An HTTP client with cookies of its own.
pub(crate) struct Visitor {
    address: String,
    client: Client,
}

impl Visitor {
    fn new(address: &str) -> Self {
        Self { address: address.to_owned(), client: Client::builder().cookie_store(true).build().unwrap() }
    }

    pub(crate) async fn get(&self, path: &str) -> String {
        self.text(Method::GET, path).await
    }

    pub(crate) async fn post(&self, path: &str) -> String {
        self.text(Method::POST, path).await
    }

    /// Returns the status and the body of the response to a `POST`.
    pub(crate) async fn answer(&self, path: &str) -> (StatusCode, String) {
        let response = self.send(Method::POST, path).await;
        (response.status(), response.text().await.unwrap())
    }

    async fn text(&self, method: Method, path: &str) -> String {
        self.send(method, path).await.error_for_status().unwrap().text().await.unwrap()
    }

    async fn send(&self, method: Method, path: &str) -> Response {
        self.client.request(method, format!("{}{path}", self.address)).send().await.unwrap()
    }
}
