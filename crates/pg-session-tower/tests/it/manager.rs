//! The middleware of tower-sessions in an axum app, over real HTTP.

use axum::Router;
use axum::routing::{get, post};
use pg_session_testkit::Database;
use time::Duration;

use super::api::{Expiry, Session, SessionManagerLayer};
use crate::http::{Visitor, ids, serve};
use crate::store;

/// Serves an app that counts the views of a visitor.
async fn counter(database: &Database) -> String {
    let sessions = SessionManagerLayer::new(store(database).await)
        .with_secure(false)
        .with_expiry(Expiry::OnInactivity(Duration::hours(1)));
    let app = Router::new()
        .route("/", get(count))
        .route("/rotate", post(async |session: Session| session.cycle_id().await.unwrap()))
        .route("/logout", post(async |session: Session| session.flush().await.unwrap()));
    serve(app.layer(sessions)).await
}

async fn count(session: Session) -> String {
    let views = session.get::<u64>("views").await.unwrap().unwrap_or(0) + 1;
    session.insert("views", views).await.unwrap();
    views.to_string()
}

#[tokio::test]
async fn each_visitor_has_a_session() {
    let database = Database::new();
    let address = counter(&database).await;
    let (one, other) = (Visitor::new(&address), Visitor::new(&address));
    for views in ["1", "2", "3"] {
        assert_eq!(one.get("/").await, views);
    }
    assert_eq!(other.get("/").await, "1");
    assert_eq!(one.get("/").await, "4");
    assert_eq!(ids(&database).await.len(), 2);
}

#[tokio::test]
async fn the_data_moves_to_a_new_id() {
    let database = Database::new();
    let visitor = Visitor::new(&counter(&database).await);
    visitor.get("/").await;
    let old = ids(&database).await;
    visitor.post("/rotate").await;
    let new = ids(&database).await;
    assert!(old.len() == 1 && new.len() == 1 && old != new);
    assert_eq!(visitor.get("/").await, "2");
}

#[tokio::test]
async fn a_logout_ends_the_session() {
    let database = Database::new();
    let visitor = Visitor::new(&counter(&database).await);
    visitor.get("/").await;
    visitor.post("/logout").await;
    assert!(ids(&database).await.is_empty());
    assert_eq!(visitor.get("/").await, "1");
}
