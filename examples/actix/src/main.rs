//! An actix-web application that keeps its visitors' sessions in PostgreSQL.

use std::{collections::HashMap, env, io, time::Duration};

use actix_session::config::{CookieContentSecurity, PersistentSession, TtlExtensionPolicy};
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::{self, Key};
use actix_web::web::{self, Data, Json, Path, Query};
use actix_web::{App, HttpServer, Result, error::ErrorInternalServerError as failed};
use anyhow::Context;
use pg_session_actix::{ActixStore, PgStore, RequestScope};
use serde_json::{Map, Value, json};

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let url = env::var("DATABASE_URL").context("set DATABASE_URL, such as postgres://user:password@localhost/app")?;
    let port = env::var("PORT").unwrap_or("3000".into()).parse().context("set PORT to a number from 0 to 65535")?;
    let ttl = env::var("SESSION_SECONDS").unwrap_or("2700".into()).parse().context("set SESSION_SECONDS, a number")?;
    // Whoever knows the key can sign cookies: an app that others reach has one of its own.
    let key = env::var("SESSION_KEY").unwrap_or("64 bytes that nobody else knows".repeat(3));

    let store = PgStore::builder(url).subject("user.id").build()?;
    store.setup().await?;
    let sessions = ActixStore::new(store.clone());
    let server = HttpServer::new(move || {
        // Each request moves the expiry.
        let lifecycle = PersistentSession::default()
            .session_ttl(cookie::time::Duration::seconds(ttl))
            .session_ttl_extension_policy(TtlExtensionPolicy::OnEveryRequest);
        // This is http on localhost; an app that is served over https leaves `cookie_secure(false)` out.
        let middleware = SessionMiddleware::builder(sessions.clone(), Key::from(key.as_bytes()))
            .session_lifecycle(lifecycle)
            .cookie_content_security(CookieContentSecurity::Signed)
            .cookie_secure(false)
            .build();
        App::new()
            .app_data(Data::new(sessions.clone()))
            .route("/", web::get().to(count))
            .route("/session", web::get().to(show))
            .route("/session/{key}", web::put().to(set))
            .route("/session/{key}", web::delete().to(remove))
            .route("/session/{key}/{inner}", web::put().to(set_inner))
            .route("/touch", web::get().to(touch))
            .route("/rotate", web::post().to(rotate))
            .route("/logout", web::post().to(log_out))
            .route("/logout-others", web::post().to(log_out_others))
            .wrap(RequestScope::around(middleware))
    });
    let server = server.bind(("127.0.0.1", port))?;
    println!("listening on http://{}", server.addrs()[0]);
    server.run().await?;
    store.close().await;
    Ok(())
}

async fn count(session: Session) -> Result<Json<Value>> {
    let views = session.get::<u64>("views")?.unwrap_or(0) + 1;
    session.insert("views", views)?;
    Ok(Json(json!({ "views": views })))
}

async fn show(session: Session) -> Result<Json<Map<String, Value>>> {
    let entries = session.entries();
    Ok(Json(entries.iter().map(|(key, json)| Ok((key.clone(), serde_json::from_str(json)?))).collect::<Result<_>>()?))
}

async fn set(session: Session, key: Path<String>, delay: Delay, Json(value): Json<Value>) -> Done {
    touch(delay).await;
    session.insert(key.into_inner(), value)?;
    Ok("")
}

async fn set_inner(session: Session, path: Path<(String, String)>, delay: Delay, Json(value): Json<Value>) -> Done {
    let (key, inner) = path.into_inner();
    touch(delay).await;
    let mut object: Map<String, Value> = session.get(&key)?.unwrap_or_default();
    object.insert(inner, value);
    session.insert(key, object)?;
    Ok("")
}

async fn remove(session: Session, key: Path<String>) -> Json<Option<String>> {
    Json(session.remove(&key))
}

type Done = Result<&'static str>;
type Delay = Query<HashMap<String, u64>>;

/// The middleware has read the session, and saves it afterwards.
async fn touch(delay: Delay) -> &'static str {
    tokio::time::sleep(Duration::from_millis(delay.get("delay_ms").copied().unwrap_or(0))).await;
    ""
}

async fn rotate(session: Session, delay: Delay) -> &'static str {
    session.renew();
    touch(delay).await
}

async fn log_out(session: Session) -> &'static str {
    session.purge();
    ""
}

async fn log_out_others(session: Session, store: Data<ActixStore>) -> Done {
    let user = session.get::<Value>("user")?.unwrap_or_default();
    if let (Some(id), Some(user)) = (store.session_id(), user["id"].as_str()) {
        store.pg_store().destroy_sessions_of(user, Some(&id)).await.map_err(failed)?;
    }
    Ok("")
}
