//! axum-login, which stands on tower-sessions 0.14.

use std::convert::Infallible;

use axum::Router;
use axum::routing::{get, post};
use axum_login::{AuthManagerLayerBuilder, AuthUser, AuthnBackend};
use pg_session_testkit::Database;
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

/// Everybody is welcome.
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

async fn who(auth: AuthSession) -> String {
    auth.user.map_or("nobody".to_owned(), |user| user.0)
}

#[tokio::test]
async fn users_log_in_and_out() {
    let database = Database::new();
    let sessions = SessionManagerLayer::new(store(&database).await).with_secure(false);
    let app = Router::new()
        .route("/", get(who))
        .route("/login", post(log_in))
        .route("/logout", post(log_out))
        .layer(AuthManagerLayerBuilder::new(Users, sessions).build());
    let address = serve(app).await;
    let (visitor, stranger) = (Visitor::new(&address), Visitor::new(&address));

    assert_eq!(visitor.get("/").await, "nobody");
    visitor.post("/login").await;
    assert_eq!(visitor.get("/").await, "Zoë");
    assert_eq!(stranger.get("/").await, "nobody");

    visitor.post("/logout").await;
    assert_eq!(visitor.get("/").await, "nobody");
    assert!(ids(&database).await.is_empty());
}
