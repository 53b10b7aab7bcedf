//! The addresses of the site, a module each.

mod api;
mod api_downloads;
mod api_package;
mod asset;
mod badge;
mod compare;
mod devices;
mod feed;
mod health;
mod home;
mod list;
mod opensearch;
mod owner;
mod package;
mod paging;
mod problem;
mod recent;
mod search;
mod short;
mod sign_in;
mod sign_out;
mod sign_up;
mod star;
mod starred;
mod suggest;
mod watched;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use pg_session_tower::{RequestScopeLayer, TowerStore};
use tower_http::compression::CompressionLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, SessionManagerLayer};

use crate::app::{App, TTL};
use crate::guard::guard;

/// Returns the whole site.
pub fn router(app: App) -> Router {
    let expiry = TTL.try_into().map_or(Expiry::OnSessionEnd, Expiry::OnInactivity);
    let sessions = SessionManagerLayer::new(TowerStore::new(app.sessions.clone()))
        .with_name("pkgstats")
        .with_expiry(expiry)
        .with_always_save(true)
        .with_secure(app.secure_cookies)
        .with_same_site(SameSite::Lax);
    let pages = Router::new()
        .route("/", get(home::show))
        .route("/search", get(search::show))
        .route("/package/{*name}", get(package::show))
        .route("/owner/{name}", get(owner::show))
        .route("/lists/{kind}", get(list::show))
        .route("/compare", get(compare::show))
        .route("/recent", get(recent::show))
        .route("/watched", get(watched::show))
        .route("/watch", post(watched::set))
        .route("/star", post(star::set))
        .route("/starred", get(starred::show))
        .route("/sign-in", get(sign_in::show).post(sign_in::submit))
        .route("/sign-up", get(sign_up::show).post(sign_up::submit))
        .route("/sign-out", post(sign_out::submit))
        .route("/account/feed", post(feed::renew))
        .route("/account/devices", get(devices::show).post(devices::end))
        .fallback(short::redirect)
        .layer(RequestScopeLayer::around(sessions));
    // Without sessions.
    Router::new()
        .route("/assets/{version}/{name}", get(asset::show))
        .route("/suggest", get(suggest::show))
        .route("/badge/{*name}", get(badge::show))
        .route("/feed/{file}", get(feed::show))
        .route("/opensearch.xml", get(opensearch::show))
        .nest("/api/v1", api::routes())
        .route("/health", get(health::live))
        .route("/ready", get(health::ready))
        .merge(pages)
        .layer(from_fn(guard))
        .layer(CompressionLayer::new())
        .with_state(app)
}
