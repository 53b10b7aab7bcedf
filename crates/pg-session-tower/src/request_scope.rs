//! The layer that opens the scope of a request.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response, StatusCode};
use pg_session::RequestStore;
use tower_layer::Layer;
use tower_service::Service;

/// Opens a [scope](RequestStore::scope) for each request around a session layer, so that saves are updates.
///
/// Concurrent requests keep each other's changes to one session, a deleted session is not saved again, and `cycle_id`
/// moves the session's row in one atomic statement: see [`RequestStore`].
///
/// The scope ends with the head of the response. For a streamed body, a WebSocket, and everything that the request spawns,
/// see [the crate's documentation](crate#tasks-streams-and-websockets).
///
/// If a deleted session cannot be destroyed at the end of its request, the response has the status 500.
///
/// # Examples
///
/// The layer contains the session layer, so that no other layer can come between the two:
///
/// ```
/// # use pg_session_tower::{RequestScopeLayer, TowerStore};
/// # use tower_sessions::SessionManagerLayer;
/// # fn layer(app: axum::Router, store: TowerStore) -> axum::Router {
/// app.layer(RequestScopeLayer::around(SessionManagerLayer::new(store)))
/// # }
/// ```
///
/// It works with any session layer, such as one with signed cookies. With axum-login it goes around the
/// `AuthManagerLayer`, which contains the session layer:
///
/// ```
/// # #[cfg(feature = "tower-sessions-014")] {
/// # use axum_login::{AuthManagerLayerBuilder, AuthnBackend};
/// # use pg_session_tower::{RequestScopeLayer, TowerStore};
/// # use tower_sessions_014::SessionManagerLayer;
/// # fn layer(app: axum::Router, users: impl AuthnBackend + 'static, store: TowerStore) -> axum::Router {
/// let sessions = SessionManagerLayer::new(store);
/// app.layer(RequestScopeLayer::around(AuthManagerLayerBuilder::new(users, sessions).build()))
/// # }
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RequestScopeLayer<L>(L);

impl<L> RequestScopeLayer<L> {
    /// Creates the layer around the layer that loads and saves the sessions.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pg_session_tower::{RequestScopeLayer, TowerStore};
    /// # use tower_sessions::{SessionManagerLayer, cookie::SameSite};
    /// # fn layer(store: TowerStore) {
    /// let sessions = SessionManagerLayer::new(store).with_same_site(SameSite::Lax);
    /// let layer = RequestScopeLayer::around(sessions);
    /// # }
    /// ```
    #[must_use]
    pub fn around(sessions: L) -> Self {
        Self(sessions)
    }
}

impl<L: Layer<S>, S> Layer<S> for RequestScopeLayer<L> {
    type Service = RequestScopeService<L::Service>;

    fn layer(&self, inner: S) -> Self::Service {
        RequestScopeService(self.0.layer(inner))
    }
}

/// The service of a [`RequestScopeLayer`].
///
/// # Examples
///
/// ```
/// use pg_session_tower::{RequestScopeLayer, RequestScopeService};
/// use tower::layer::{Layer, util::Identity};
///
/// let sessions = Identity::new();
/// let service: RequestScopeService<&str> = RequestScopeLayer::around(sessions).layer("an application");
/// ```
#[derive(Clone, Debug)]
pub struct RequestScopeService<S>(S);

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for RequestScopeService<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    ResponseBody: Default + Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let response = self.0.call(request);
        Box::pin(async move {
            RequestStore::scope(response).await.unwrap_or_else(|error| {
                let error = &error as &dyn Error;
                tracing::error!(error, "failed to destroy a session that the request has deleted");
                let mut response = Response::default();
                *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                Ok(response)
            })
        })
    }
}
