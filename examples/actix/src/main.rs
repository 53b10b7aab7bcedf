//! An actix-web application with its sessions in PostgreSQL.

use std::{collections::HashMap, env, io, time::Duration};

use actix_session::config::{CookieContentSecurity, PersistentSession, TtlExtensionPolicy};
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::{Key, SameSite, time::Duration as CookieDuration};
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
    let ttl =
        env::var("SESSION_SECONDS").unwrap_or("2700".into()).parse().context("set SESSION_SECONDS to a number")?;
    // Signs the cookies.
    let secret =
        env::var("SESSION_SECRET").context("set SESSION_SECRET, such as the output of `openssl rand -hex 32`")?;
    let key = Key::try_from(secret.as_bytes()).context("set SESSION_SECRET to the output of `openssl rand -hex 32`")?;
    // Browsers send secure cookies over https only.
    let is_development = env::var("APP_ENV").is_ok_and(|name| name == "development");

    let store = PgStore::builder(url).subject("user.id").build()?;
    store.setup().await?;
    let sessions = ActixStore::new(store.clone());
    let server = HttpServer::new(move || {
        // Each request extends the session.
        let lifecycle = PersistentSession::default()
            .session_ttl(CookieDuration::seconds(ttl))
            .session_ttl_extension_policy(TtlExtensionPolicy::OnEveryRequest);
        let middleware = SessionMiddleware::builder(sessions.clone(), key.clone())
            .session_lifecycle(lifecycle)
            .cookie_content_security(CookieContentSecurity::Signed)
            .cookie_secure(!is_development)
            .cookie_same_site(SameSite::Lax)
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

/// Waits. The middleware has loaded the session before, and saves it after.
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
