//! axum-login, which uses tower-sessions 0.14.

use std::convert::Infallible;

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use axum_login::{AuthManagerLayerBuilder, AuthUser, AuthnBackend};
use pg_session_testkit::{Database, Gate};
use pg_session_tower::{PgStore, RequestScopeLayer};
use tokio::join;
use tower_sessions_014::SessionManagerLayer;

use crate::http::{Visitor, ids, serve};
use crate::store;

type AuthSession = axum_login::AuthSession<Users>;

#[derive(Clone, Debug)]
struct User(String);

impl AuthUser for User {
    type Id = String;

    fn id(&self) -> String {
        self.0.clone()
    }

    fn session_auth_hash(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Users who log in with any name.
#[derive(Clone)]
struct Users;

impl AuthnBackend for Users {
    type User = User;
    type Credentials = String;
    type Error = Infallible;

    async fn authenticate(&self, name: String) -> Result<Option<User>, Infallible> {
        Ok(Some(User(name)))
    }

    async fn get_user(&self, name: &String) -> Result<Option<User>, Infallible> {
        Ok(Some(User(name.clone())))
    }
}

async fn log_in(mut auth: AuthSession) {
    let user = auth.authenticate("Zoë".to_owned()).await.unwrap().unwrap();
    auth.login(&user).await.unwrap();
}

async fn log_out(mut auth: AuthSession) {
    auth.logout().await.unwrap();
}

async fn user(auth: AuthSession) -> String {
    auth.user.map_or("nobody".to_owned(), |user| user.0)
}

async fn slow_log_in(gate: State<Gate>, auth: AuthSession) {
    gate.wait().await;
    log_in(auth).await;
}

async fn slow_visit(gate: State<Gate>, auth: AuthSession) {
    gate.wait().await;
    auth.session.insert("visited", true).await.unwrap();
}

async fn site(database: &Database, gate: &Gate) -> String {
    let sessions = SessionManagerLayer::new(store(database).await).with_secure(false);
    let app = Router::new()
        .route("/", get(user))
        .route("/visit", post(async |auth: AuthSession| auth.session.insert("guest", 1).await.unwrap()))
        .route("/slow-visit", post(slow_visit))
        .route("/login", post(log_in))
        .route("/slow-login", post(slow_log_in))
        .route("/logout", post(log_out))
        .layer(RequestScopeLayer::around(AuthManagerLayerBuilder::new(Users, sessions).build()))
        .with_state(gate.clone());
    serve(app).await
}

#[tokio::test]
async fn users_log_in_and_out() {
    let (database, gate) = (Database::new(), Gate::new());
    let address = site(&database, &gate).await;
    let (visitor, stranger) = (Visitor::new(&address), Visitor::new(&address));

    assert_eq!(visitor.get("/").await, "nobody");
    visitor.post("/login").await;
    assert_eq!(visitor.get("/").await, "Zoë");
    assert_eq!(stranger.get("/").await, "nobody");

    visitor.post("/logout").await;
    assert_eq!(visitor.get("/").await, "nobody");
    assert!(ids(&database).await.is_empty());
}

#[tokio::test]
async fn a_login_moves_the_row_to_a_new_id() {
    let (database, gate) = (Database::new(), Gate::new());
    let visitor = Visitor::new(&site(&database, &gate).await);
    visitor.post("/visit").await;
    let old = ids(&database).await;
    let client = database.client().await;
    client.batch_execute("ALTER TABLE session ADD note text; UPDATE session SET note = 'kept'").await.unwrap();
    visitor.post("/login").await;
    assert_ne!(ids(&database).await, old);
    assert_eq!(visitor.get("/").await, "Zoë");
    let row = client.query_one("SELECT note, session->>'guest' FROM session", &[]).await.unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1)), ("kept", "1"));
}

#[tokio::test]
async fn two_concurrent_logins_both_succeed() {
    let (database, gate) = (Database::new(), Gate::new());
    let visitor = Visitor::new(&site(&database, &gate).await);
    visitor.post("/visit").await;
    join!(visitor.post("/slow-login"), visitor.post("/slow-login"), gate.hold(2, async {}));
    // The visitor is logged in with either cookie.
    assert_eq!(visitor.get("/").await, "Zoë");
    let sql = "SELECT count(session->'axum-login.data'), count(session->'guest') FROM session";
    let row = database.client().await.query_one(sql, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (2, 1), "only one session must have the earlier data");
}

#[tokio::test]
async fn a_logout_wins_over_a_slow_request() {
    let (database, gate) = (Database::new(), Gate::new());
    let visitor = Visitor::new(&site(&database, &gate).await);
    visitor.post("/login").await;
    join!(visitor.post("/slow-visit"), gate.hold(1, visitor.post("/logout")));
    assert_eq!(visitor.get("/").await, "nobody");
    assert!(ids(&database).await.is_empty());
}

#[tokio::test]
async fn the_option_subject_finds_the_sessions_of_a_user() {
    let (database, gate) = (Database::new(), Gate::new());
    let address = site(&database, &gate).await;
    let (visitor, another) = (Visitor::new(&address), Visitor::new(&address));
    visitor.post("/login").await;
    another.post("/login").await;

    let store = PgStore::builder(database.url()).subject(r"axum-login\.data.user_id").build().unwrap();
    let sessions = store.sessions_of("Zoë").await.unwrap();
    assert_eq!(sessions.len(), 2);
    assert_eq!(store.destroy_sessions_of("Zoë", Some(sessions[0].id())).await.unwrap(), 1);
}
