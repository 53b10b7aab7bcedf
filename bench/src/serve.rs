//! The app that counts page views, on axum. All stores run under tower-sessions 0.14, and pg-session adds its layer.

use std::env;
use std::path::Path;

use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use clap::Args;
use pg_session_tower::{PgStore, RequestScopeLayer, TowerStore};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tower_sessions_014::{Session, SessionManagerLayer, SessionStore};

use crate::error::BoxError;
use crate::target::{PG_SESSION, SQLX, TOWER_REDIS};
use crate::targets::tower_sessions;

/// Serve the app that counts page views with one store.
#[derive(Args)]
pub(crate) struct Serve {
    #[arg(value_parser = [PG_SESSION, SQLX, TOWER_REDIS])]
    store: String,
}

impl Serve {
    pub(crate) async fn run(self) -> Result<(), BoxError> {
        let url = env::var("DATABASE_URL")?;
        match self.store.as_str() {
            SQLX => serve(app().layer(sessions(tower_sessions::sqlx_store(&url).await?))).await,
            TOWER_REDIS => {
                let socket = env::var("REDIS_SOCKET")?;
                serve(app().layer(sessions(tower_sessions::redis_store(Path::new(&socket)).await?))).await
            }
            _ => {
                let store = PgStore::builder(url).table("axum").build()?;
                store.setup().await?;
                serve(app().layer(RequestScopeLayer::around(sessions(TowerStore::new(store))))).await
            }
        }
    }
}

fn app() -> Router {
    Router::new().route("/", get(count))
}

fn sessions<S: SessionStore>(store: S) -> SessionManagerLayer<S> {
    SessionManagerLayer::new(store).with_secure(false)
}

async fn serve(app: Router) -> Result<(), BoxError> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        served = axum::serve(listener, app) => Ok(served?),
        _ = terminate.recv() => Ok(()),
    }
}

async fn count(session: Session) -> Result<Json<Value>, StatusCode> {
    let failed = |error| {
        eprintln!("{error}");
        StatusCode::INTERNAL_SERVER_ERROR
    };
    let views = session.get::<u64>("views").await.map_err(failed)?.unwrap_or(0) + 1;
    session.insert("views", views).await.map_err(failed)?;
    Ok(Json(json!({ "views": views })))
}
