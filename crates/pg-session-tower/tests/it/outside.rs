//! Saves if no request scope has seen the load, over real HTTP: the layer is misplaced or missing, or the session is used
//! after its request has ended.

use std::fmt::Debug;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response, Sse, sse::Event};
use axum::routing::{any, get, post};
use futures_util::{StreamExt, stream};
use pg_session_testkit::{Database, Gate};
use pg_session_tower::{RequestScopeLayer, TowerStore};
use serde_json::{Value, json};
use time::Duration;
use tokio::join;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tower::ServiceBuilder;
use tower_layer::Identity;

use super::api::{Expiry, Session, SessionManagerLayer};
use crate::http::{Visitor, ids, serve};
use crate::store;

#[derive(Clone, Copy, Debug)]
enum Placement {
    Around,
    Inside,
    LastInBuilder,
    /// A middleware between the scope and the session layer continues in another task.
    SpawnsBetween,
    /// The layer is as documented, and the handler runs in another task.
    SpawnsInside,
    Missing,
}

impl Placement {
    const ALL: [Self; 6] =
        [Self::Around, Self::Inside, Self::LastInBuilder, Self::SpawnsBetween, Self::SpawnsInside, Self::Missing];

    fn layer(self, app: Router, sessions: SessionManagerLayer<TowerStore>) -> Router {
        let alone = RequestScopeLayer::around(Identity::new());
        match self {
            Self::Around => app.layer(RequestScopeLayer::around(sessions)),
            Self::Inside => app.layer(alone).layer(sessions),
            Self::LastInBuilder => app.layer(ServiceBuilder::new().layer(sessions).layer(alone)),
            Self::SpawnsBetween => app.layer(sessions).layer(from_fn(spawn)).layer(alone),
            Self::SpawnsInside => app.layer(from_fn(spawn)).layer(RequestScopeLayer::around(sessions)),
            Self::Missing => app.layer(sessions),
        }
    }
}

async fn spawn(request: Request, next: Next) -> Response {
    tokio::spawn(next.run(request)).await.unwrap()
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Task,
    Events,
    Socket,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Task, Self::Events, Self::Socket];
}

#[derive(Clone, Default)]
struct Gates {
    loaded: Gate,
    done: Gate,
}

struct Site {
    database: Database,
    store: TowerStore,
    gates: Gates,
    address: String,
}

impl Site {
    async fn open(placement: Placement, always_save: bool) -> Self {
        let (database, gates) = (Database::new(), Gates::default());
        let store = store(&database).await;
        let sessions = SessionManagerLayer::new(store.clone())
            .with_secure(false)
            .with_always_save(always_save)
            .with_expiry(Expiry::OnInactivity(Duration::HOUR));
        let app = Router::new()
            .route("/", get(async |session: Session| load(&session).await))
            .route("/set/{key}", post(async |key: Path<String>, session: Session| set(&session, &key).await))
            .route("/remove/{key}", post(remove))
            .route("/slow/{key}", post(slow))
            .route("/slow-read", get(slow_read))
            .route("/rotate", post(async |session: Session| session.cycle_id().await.unwrap()))
            .route("/logout", post(async |session: Session| session.flush().await.unwrap()))
            .route("/task/{key}", post(task))
            .route("/task-and-slow/{key}", post(task_and_slow))
            .route("/events/{key}", get(events))
            .route("/socket/{key}", any(socket));
        let app = placement.layer(app.with_state(gates.clone()), sessions);
        Self { database, store, gates, address: serve(app).await }
    }

    /// Returns a visitor with the session `{"a": 1}`.
    async fn visitor(&self) -> Visitor {
        let visitor = Visitor::new(&self.address);
        visitor.post("/set/a").await;
        visitor
    }

    /// Sends two requests whose sessions are used after both have ended. Runs `meanwhile` before that.
    async fn use_late<T>(&self, kind: Kind, visitor: &Visitor, meanwhile: impl Future<Output = T>) {
        let Gates { loaded, done } = &self.gates;
        let release = async {
            loaded.hold(2, meanwhile).await;
            done.hold(2, async {}).await;
        };
        match kind {
            Kind::Task => {
                visitor.post("/task/b").await;
                visitor.post("/task/c").await;
                release.await;
            }
            Kind::Events => {
                join!(visitor.get("/events/b"), visitor.get("/events/c"), release);
            }
            Kind::Socket => {
                join!(connect(self, "/socket/b"), connect(self, "/socket/c"), release);
            }
        }
    }

    async fn assert_data(&self, expected: &[Value], context: impl Debug) {
        let sessions = self.store.pg_store().all().await.unwrap();
        let data: Vec<Value> = sessions.iter().map(|session| session.decode().unwrap()).collect();
        assert_eq!(data, expected, "{context:?}");
    }
}

async fn load(session: &Session) {
    session.get_value("a").await.unwrap();
}

async fn set(session: &Session, key: &str) {
    session.insert(key, 1).await.unwrap();
}

async fn remove(key: Path<String>, session: Session) {
    session.remove_value(&key).await.unwrap();
}

async fn slow(key: Path<String>, session: Session, State(gates): State<Gates>) {
    load(&session).await;
    gates.loaded.wait().await;
    set(&session, &key).await;
}

async fn slow_read(session: Session, State(gates): State<Gates>) {
    load(&session).await;
    gates.loaded.wait().await;
}

/// Uses a session after its request.
async fn late(key: Path<String>, session: Session, gates: Gates) {
    gates.loaded.wait().await;
    set(&session, &key).await;
    session.save().await.unwrap();
    gates.done.wait().await;
}

async fn task(key: Path<String>, session: Session, State(gates): State<Gates>) {
    load(&session).await;
    tokio::spawn(late(key, session, gates));
}

/// Spawns a task that saves while the request is running. Then the request changes something too.
async fn task_and_slow(Path(key): Path<String>, session: Session, State(gates): State<Gates>) {
    load(&session).await;
    tokio::spawn(late(Path(key.clone()), session.clone(), gates.clone()));
    // The task has saved now.
    gates.done.arrival().await;
    gates.loaded.wait().await;
    set(&session, &format!("{key}-slow")).await;
}

async fn events(key: Path<String>, session: Session, State(gates): State<Gates>) -> impl IntoResponse {
    load(&session).await;
    Sse::new(stream::once(async {
        late(key, session, gates).await;
        Ok::<_, axum::Error>(Event::default().data("done"))
    }))
}

async fn socket(key: Path<String>, session: Session, gates: State<Gates>, upgrade: WebSocketUpgrade) -> Response {
    load(&session).await;
    upgrade.on_upgrade(async |mut socket: WebSocket| {
        late(key, session, gates.0).await;
        socket.send(Bytes::from_static(b"done").into()).await.unwrap();
    })
}

async fn connect(site: &Site, path: &str) {
    let mut request = format!("{}{path}", site.address.replace("http", "ws")).into_client_request().unwrap();
    let cookie = format!("id={}", ids(&site.database).await[0]);
    request.headers_mut().insert("cookie", cookie.parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap().into_data(), "done");
}

#[tokio::test]
async fn slow_requests_keep_each_others_changes() {
    for placement in Placement::ALL {
        for always_save in [false, true] {
            let site = Site::open(placement, always_save).await;
            let visitor = site.visitor().await;
            let (gate, others) = (&site.gates.loaded, async || {
                visitor.post("/set/d").await;
                visitor.post("/remove/a").await;
            });
            join!(visitor.post("/slow/b"), visitor.post("/slow/c"), visitor.get("/slow-read"), gate.hold(3, others()));
            site.assert_data(&[json!({"b": 1, "c": 1, "d": 1})], (placement, always_save)).await;
        }
    }
}

#[tokio::test]
async fn a_logout_wins_over_slow_requests() {
    for placement in Placement::ALL {
        for always_save in [false, true] {
            let site = Site::open(placement, always_save).await;
            let visitor = site.visitor().await;
            let gate = &site.gates.loaded;
            join!(visitor.post("/slow/b"), visitor.get("/slow-read"), gate.hold(2, visitor.post("/logout")));
            site.assert_data(&[], (placement, always_save)).await;
        }
    }
}

#[tokio::test]
async fn consecutive_requests_change_and_restore_keys() {
    for placement in Placement::ALL {
        for always_save in [false, true] {
            let site = Site::open(placement, always_save).await;
            let visitor = site.visitor().await;
            let context = (placement, always_save);
            for _ in 0..3 {
                visitor.get("/").await;
                visitor.post("/set/flash").await;
                site.assert_data(&[json!({"a": 1, "flash": 1})], context).await;
                visitor.get("/").await;
                visitor.post("/remove/flash").await;
                site.assert_data(&[json!({"a": 1})], context).await;
                visitor.post("/remove/a").await;
                site.assert_data(&[json!({})], context).await;
                visitor.get("/").await;
                visitor.post("/set/a").await;
                site.assert_data(&[json!({"a": 1})], context).await;
            }
            let old = ids(&site.database).await;
            visitor.post("/rotate").await;
            site.assert_data(&[json!({"a": 1})], context).await;
            assert_ne!(ids(&site.database).await, old, "{context:?}");
            visitor.post("/set/b").await;
            site.assert_data(&[json!({"a": 1, "b": 1})], context).await;
        }
    }
}

#[tokio::test]
async fn a_session_used_after_its_request_keeps_changes_by_others() {
    for placement in Placement::ALL {
        for kind in Kind::ALL {
            let site = Site::open(placement, false).await;
            let visitor = site.visitor().await;
            let meanwhile = async {
                visitor.post("/set/d").await;
                visitor.post("/remove/a").await;
            };
            site.use_late(kind, &visitor, meanwhile).await;
            site.assert_data(&[json!({"b": 1, "c": 1, "d": 1})], (placement, kind)).await;
        }
    }
}

#[tokio::test]
async fn a_logout_wins_over_sessions_used_after_their_request() {
    for placement in Placement::ALL {
        for kind in Kind::ALL {
            let site = Site::open(placement, false).await;
            let visitor = site.visitor().await;
            site.use_late(kind, &visitor, visitor.post("/logout")).await;
            site.assert_data(&[], (placement, kind)).await;
        }
    }
}

#[tokio::test]
async fn a_task_may_save_while_its_request_is_running() {
    for placement in Placement::ALL {
        let site = Site::open(placement, false).await;
        let visitor = site.visitor().await;
        let meanwhile = async {
            site.gates.loaded.hold(1, visitor.post("/set/d")).await;
            // Now the task has saved, and the request has not.
            site.gates.loaded.hold(1, visitor.post("/remove/b")).await;
        };
        join!(visitor.post("/task-and-slow/b"), meanwhile);
        site.assert_data(&[json!({"a": 1, "d": 1, "b-slow": 1})], placement).await;
    }
}
