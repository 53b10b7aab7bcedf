//! The warning about a misplaced scope. It has a process of its own, because it is logged once per process.

#![expect(clippy::unwrap_used, reason = "a test and its helpers fail by a panic")]

use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::post;
use pg_session_testkit::Database;
use pg_session_tower::{PgStore, RequestScopeLayer, TowerStore};
use reqwest::Client;
use tokio::net::TcpListener;
use tower_sessions::{Session, SessionManagerLayer};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn warnings(&self) -> usize {
        let log = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        log.lines().filter(|line| line.contains("WARN") && line.contains("RequestScopeLayer::around")).count()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Serves `app`, and sends it three requests of one visitor, each of which changes the session.
async fn visit(app: Router) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
    let client = Client::builder().cookie_store(true).build().unwrap();
    for _ in 0..3 {
        client.post(&address).send().await.unwrap().error_for_status().unwrap();
    }
}

async fn count(session: Session) {
    let views = session.get::<u8>("views").await.unwrap().unwrap_or(0);
    session.insert("views", views + 1).await.unwrap();
}

#[tokio::test]
async fn a_save_outside_the_scope_logs_one_warning() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt().with_writer(move || writer.clone()).init();

    let database = Database::new();
    let store = TowerStore::new(PgStore::new(database.url()).unwrap());
    store.pg_store().setup().await.unwrap();
    let sessions = SessionManagerLayer::new(store).with_secure(false);
    let app = || Router::new().route("/", post(count));

    visit(app().layer(RequestScopeLayer::around(sessions.clone()))).await;
    assert_eq!(log.warnings(), 0);
    visit(app().layer(sessions.clone())).await;
    assert_eq!(log.warnings(), 1);
    visit(app().layer(sessions)).await;
    assert_eq!(log.warnings(), 1);
}
