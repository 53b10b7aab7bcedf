//! What one request knows of its sessions ends with it.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response, StatusCode};
use pg_session::RequestStore;
use tower_layer::Layer;
use tower_service::Service;

/// Lets each request remember the sessions that it has loaded, so that its saves are updates: goes around the
/// `SessionManagerLayer`, and so after it.
///
/// What requests at once change in one session all stands, a session that was deleted is not saved again, and
/// `cycle_id` moves the session's row in one atomic statement: see [`RequestStore`]. What a request spawns, and a body
/// that is streamed, are outside of it.
///
/// ```
/// # use pg_session_tower::{TowerStore, UpdateLayer};
/// # use tower_sessions::SessionManagerLayer;
/// # fn layer(app: axum::Router, store: TowerStore) -> axum::Router {
/// app.layer(SessionManagerLayer::new(store)).layer(UpdateLayer)
/// # }
/// ```
///
/// Where a session that was deleted cannot be destroyed at the end of its request, the answer is the status 500.
#[derive(Clone, Copy, Debug, Default)]
pub struct UpdateLayer;

impl<S> Layer<S> for UpdateLayer {
    type Service = UpdateService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        UpdateService(inner)
    }
}

/// The service that [`UpdateLayer`] makes.
#[derive(Clone, Debug)]
pub struct UpdateService<S>(S);

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for UpdateService<S>
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
                tracing::error!("failed to destroy a session: {error}");
                let mut response = Response::default();
                *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                Ok(response)
            })
        })
    }
}
