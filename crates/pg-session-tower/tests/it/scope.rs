//! Concurrent requests with one session under a `RequestScopeLayer`, over real HTTP.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use pg_session_testkit::{Database, Gate};
use pg_session_tower::{RequestScopeLayer, TowerStore};
use serde_json::{Value, json};
use time::Duration;
use tokio::time::Instant;
use tokio::{join, select};

use super::api::session::Id;
use super::api::{Expiry, Session, SessionManagerLayer};
use crate::http::{Visitor, ids, serve};
use crate::store;

struct Site {
    database: Database,
    store: TowerStore,
    gate: Gate,
    address: String,
}

impl Site {
    /// Serves an app whose slow requests load their session, wait at the gate, and then use the session.
    async fn open() -> Self {
        let (database, gate) = (Database::new(), Gate::new());
        database.client().await.batch_execute(TABLE).await.unwrap();
        let store = store(&database).await;
        let sessions = SessionManagerLayer::new(store.clone())
            .with_secure(false)
            .with_always_save(true)
            .with_expiry(Expiry::OnInactivity(Duration::HOUR));
        let app = Router::new()
            .route("/set/{key}", post(async |key: Path<String>, session: Session| set(&session, &key, 1).await))
            .route("/slow/{key}", post(slow_set))
            .route("/slow-touch", get(async |session: Session, gate: State<Gate>| load(&session, &gate).await))
            .route("/slow-rotate", post(slow_rotate))
            .route("/slow-logout", post(slow_logout))
            .route("/rotate-and-save", post(rotate_and_save))
            .route("/logout", post(async |session: Session| session.flush().await.unwrap()))
            .route("/clear", post(async |session: Session| session.clear().await))
            .route("/anew", post(start_anew))
            .layer(RequestScopeLayer::around(sessions))
            .with_state(gate.clone());
        Self { database, store, gate, address: serve(app).await }
    }

    /// Returns a visitor with the session `{"a": 1}` and a note in its row.
    async fn visitor(&self) -> Visitor {
        let visitor = Visitor::new(&self.address);
        visitor.post("/set/a").await;
        self.database.client().await.execute("UPDATE session SET note = 'kept'", &[]).await.unwrap();
        visitor
    }

    /// Returns the data of all sessions.
    async fn data(&self) -> Vec<Value> {
        let sessions = self.store.pg_store().all().await.unwrap();
        sessions.iter().map(|session| session.decode().unwrap()).collect()
    }

    async fn text(&self, column: &str) -> Option<String> {
        let sql = format!("SELECT ({column})::text FROM session");
        self.database.client().await.query_one(&sql, &[]).await.unwrap().get(0)
    }
}

const TABLE: &str = "CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session json, note text)";

async fn set(session: &Session, key: &str, value: u8) {
    session.insert(key, value).await.unwrap();
}

async fn load(session: &Session, gate: &Gate) {
    session.get_value("a").await.unwrap();
    gate.wait().await;
}

async fn slow_set(key: Path<String>, session: Session, State(gate): State<Gate>) {
    load(&session, &gate).await;
    set(&session, &key, 1).await;
}

async fn slow_rotate(session: Session, State(gate): State<Gate>) {
    load(&session, &gate).await;
    session.cycle_id().await.unwrap();
}

async fn slow_logout(session: Session, State(gate): State<Gate>) {
    session.get_value("a").await.unwrap();
    session.flush().await.unwrap();
    gate.wait().await;
}

async fn rotate_and_save(session: Session) {
    session.cycle_id().await.unwrap();
    session.save().await.unwrap();
    set(&session, "b", 1).await;
    session.save().await.unwrap();
    set(&session, "b", 2).await;
}

async fn start_anew(session: Session) {
    session.get_value("a").await.unwrap();
    session.flush().await.unwrap();
    set(&session, "b", 1).await;
}

#[tokio::test]
async fn slow_requests_keep_each_others_changes() {
    let site = Site::open().await;
    let visitor = site.visitor().await;
    join!(visitor.post("/slow/b"), visitor.post("/slow/c"), site.gate.hold(2, visitor.post("/set/d")));
    assert_eq!(site.data().await, [json!({"a": 1, "b": 1, "c": 1, "d": 1})]);
}

#[tokio::test]
async fn a_logout_wins_over_slow_requests() {
    let site = Site::open().await;
    let visitor = site.visitor().await;
    join!(visitor.post("/slow/b"), visitor.get("/slow-touch"), site.gate.hold(2, visitor.post("/logout")));
    assert!(site.data().await.is_empty());
}

#[tokio::test]
async fn a_request_that_changes_nothing_writes_nothing() {
    let site = Site::open().await;
    let visitor = site.visitor().await;
    let before = site.text("(xmin, ctid)").await;
    join!(visitor.get("/slow-touch"), site.gate.hold(1, async {}));
    visitor.post("/set/a").await;
    assert_eq!(site.text("(xmin, ctid)").await, before);

    let lag = "UPDATE session SET expiry = expiry - interval '30 min'";
    site.database.client().await.execute(lag, &[]).await.unwrap();
    visitor.post("/set/a").await;
    assert_eq!(site.text("expiry > now() + interval '59 min'").await.unwrap(), "true");
}

#[tokio::test]
async fn a_rotation_keeps_the_row() {
    let site = Site::open().await;
    let visitor = site.visitor().await;
    let old = ids(&site.database).await;
    join!(visitor.post("/slow-rotate"), site.gate.hold(1, visitor.post("/set/b")));
    assert_ne!(ids(&site.database).await, old);
    assert_eq!(site.data().await, [json!({"a": 1, "b": 1})]);
    visitor.post("/rotate-and-save").await;
    visitor.post("/set/c").await;
    assert_eq!(site.data().await, [json!({"a": 1, "b": 2, "c": 1})]);
    assert_eq!(site.text("note").await.unwrap(), "kept");
}

#[tokio::test]
async fn one_of_two_concurrent_rotations_wins() {
    let site = Site::open().await;
    let visitor = site.visitor().await;
    join!(visitor.post("/slow-rotate"), visitor.post("/slow-rotate"), site.gate.hold(2, async {}));
    assert_eq!(site.data().await, [json!({"a": 1})]);
    assert_eq!(site.text("note").await.unwrap(), "kept");
}

#[tokio::test]
async fn a_rotation_of_an_ended_session_leaves_no_row() {
    let site = Site::open().await;
    let visitor = site.visitor().await;
    join!(visitor.post("/slow-rotate"), site.gate.hold(1, visitor.post("/logout")));
    assert!(site.data().await.is_empty());
}

#[tokio::test]
async fn a_session_that_starts_anew_has_a_new_row_and_id() {
    let site = Site::open().await;
    let visitor = site.visitor().await;
    let old = ids(&site.database).await;
    visitor.post("/anew").await;
    assert_ne!(ids(&site.database).await, old);
    assert_eq!(site.data().await, [json!({"b": 1})]);
    assert_eq!(site.text("note").await, None);
    visitor.post("/set/c").await;
    assert_eq!(site.data().await, [json!({"b": 1, "c": 1})]);
}

#[tokio::test]
async fn an_id_invented_by_a_visitor_is_never_saved() {
    let site = Site::open().await;
    let invented = Id::default();
    let request =
        reqwest::Client::new().post(format!("{}/clear", site.address)).header("cookie", format!("id={invented}"));
    assert!(request.send().await.unwrap().status().is_success());
    assert!(ids(&site.database).await.is_empty());
}

#[tokio::test]
async fn a_logout_that_fails_at_the_end_has_status_500() {
    let site = Site::open().await;
    let visitor = site.visitor().await;
    let rename = async {
        site.database.client().await.batch_execute("ALTER TABLE session RENAME TO elsewhere").await.unwrap();
    };
    let (status, ()) = join!(visitor.status("/slow-logout"), site.gate.hold(1, rename));
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn a_visitor_who_disconnects_during_a_logout_leaves_no_row() {
    let site = Site::open().await;
    let visitor = site.visitor().await;
    // Reads within this branch: `select!` drops the request before it runs the handler of the branch.
    let stored = async {
        site.gate.arrival().await;
        site.data().await
    };
    select! {
        _ = visitor.post("/slow-logout") => panic!("the gate must be closed"),
        rows = stored => assert_eq!(rows.len(), 1),
    }
    let deadline = Instant::now() + std::time::Duration::from_secs(10);
    while !site.data().await.is_empty() {
        assert!(Instant::now() < deadline, "the row was not destroyed within 10 seconds");
    }
}

#[tokio::test]
async fn values_that_serde_json_cannot_read_keep_their_stored_text() {
    let site = Site::open().await;
    let visitor = site.visitor().await;
    let unreadable = r#"{"a":1,"lone":"\ud800","deep":DEEP,"exact":123456789012345678901234567890}"#
        .replace("DEEP", &format!("{}1{}", "[".repeat(200), "]".repeat(200)));
    let sql = "UPDATE session SET session = $1::text::json";
    site.database.client().await.execute(sql, &[&unreadable]).await.unwrap();
    visitor.post("/set/b").await;
    let stored = site.text("session").await.unwrap();
    assert_eq!(stored, format!(r#"{},"b":1}}"#, unreadable.trim_end_matches('}')));
}
