//! An axum application with its sessions in PostgreSQL.

use std::{collections::HashMap, env, error::Error, io, time::Duration};

use anyhow::Context;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use pg_session_tower::{PgStore, RequestScopeLayer, TowerStore};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tower_sessions::{Expiry, Session, SessionManagerLayer, cookie::SameSite};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let url = env::var("DATABASE_URL").context("set DATABASE_URL, such as postgres://user:password@localhost/app")?;
    let port = env::var("PORT").unwrap_or("3000".into()).parse().context("set PORT to a number from 0 to 65535")?;
    let ttl =
        env::var("SESSION_SECONDS").unwrap_or("2700".into()).parse().context("set SESSION_SECONDS to a number")?;
    // Browsers send secure cookies over https only.
    let is_development = env::var("APP_ENV").is_ok_and(|name| name == "development");

    let store = PgStore::builder(url).subject("user.id").build()?;
    store.setup().await?;
    // Each request extends the session.
    let sessions = SessionManagerLayer::new(TowerStore::new(store.clone()))
        .with_expiry(Expiry::OnInactivity(Duration::from_secs(ttl).try_into()?))
        .with_always_save(true)
        .with_secure(!is_development)
        .with_same_site(SameSite::Lax);
    let app = Router::new()
        .route("/", get(count))
        .route("/session", get(show))
        .route("/session/{key}", put(set).delete(remove))
        .route("/session/{key}/{inner}", put(set_inner))
        .route("/touch", get(touch))
        .route("/rotate", post(rotate))
        .route("/logout", post(async |session: Session| session.flush().await.map_err(failed)))
        .route("/logout-others", post(log_out_others))
        .layer(RequestScopeLayer::around(sessions))
        .with_state(store.clone());

    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let stop = async move {
        tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} }
    };
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on http://{} (axum)", listener.local_addr()?);
    axum::serve(listener, app).with_graceful_shutdown(stop).await?;
    store.close().await;
    Ok(())
}

async fn count(session: Session) -> Result<Json<Value>, StatusCode> {
    let views = session.get::<u64>("views").await.map_err(failed)?.unwrap_or(0) + 1;
    session.insert("views", views).await.map_err(failed)?;
    Ok(Json(json!({ "views": views })))
}

async fn show(session: Session, State(store): State<PgStore>) -> Result<Json<Value>, StatusCode> {
    // A read finds out whether the session exists. If it does not, there is no id.
    session.get_value("views").await.map_err(failed)?;
    let Some(id) = session.id() else { return Ok(Json(json!({}))) };
    let stored = store.get(&id.to_string()).await.map_err(failed)?;
    stored.map_or(Ok(json!({})), |stored| stored.decode()).map(Json).map_err(failed)
}

async fn set(session: Session, key: Path<String>, delay: Delay, Json(value): Json<Value>) -> Result<(), StatusCode> {
    touch(session.clone(), delay).await?;
    session.insert(&key, value).await.map_err(failed)
}

type Inner = Path<(String, String)>;

async fn set_inner(session: Session, path: Inner, delay: Delay, Json(value): Json<Value>) -> Result<(), StatusCode> {
    let Path((key, inner)) = path;
    touch(session.clone(), delay).await?;
    let mut object = session.get::<Map<String, Value>>(&key).await.map_err(failed)?.unwrap_or_default();
    object.insert(inner, value);
    session.insert(&key, object).await.map_err(failed)
}

async fn remove(session: Session, key: Path<String>) -> Result<(), StatusCode> {
    session.remove_value(&key).await.map(drop).map_err(failed)
}

async fn rotate(session: Session, delay: Delay) -> Result<(), StatusCode> {
    touch(session.clone(), delay).await?;
    session.cycle_id().await.map_err(failed)
}

async fn log_out_others(session: Session, State(store): State<PgStore>) -> Result<(), StatusCode> {
    let user = session.get::<Value>("user").await.map_err(failed)?.unwrap_or_default();
    let (Some(id), Some(user)) = (session.id(), user["id"].as_str()) else { return Ok(()) };
    store.destroy_sessions_of(user, Some(&id.to_string())).await.map(drop).map_err(failed)
}

type Delay = Query<HashMap<String, u64>>;

async fn touch(session: Session, delay: Delay) -> Result<(), StatusCode> {
    session.get_value("views").await.map_err(failed)?;
    tokio::time::sleep(Duration::from_millis(delay.get("delay_ms").copied().unwrap_or(0))).await;
    Ok(())
}

fn failed(error: impl Error + 'static) -> StatusCode {
    let error = &error as &dyn Error;
    tracing::error!(error, "the request failed");
    StatusCode::INTERNAL_SERVER_ERROR
}
