//! What one request knows of its sessions ends with it.

use std::pin::Pin;

use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::error::InternalError;
use actix_web::{Error, HttpResponse};
use pg_session::RequestStore;

/// Opens a [scope](RequestStore::scope) for each request around the session middleware, so that saves are updates.
///
/// Concurrent requests keep each other's changes to one session, a session that was deleted is not saved again, and
/// `renew` moves the session's row in one atomic statement: see [`RequestStore`].
///
/// As it takes the session middleware in, no other middleware can come between the two:
///
/// ```
/// # use actix_session::SessionMiddleware;
/// # use actix_web::{App, cookie::Key};
/// # use pg_session_actix::{ActixStore, RequestScope};
/// # fn app(store: ActixStore, key: Key) {
/// App::new().wrap(RequestScope::around(SessionMiddleware::new(store, key)))
/// # ;
/// # }
/// ```
///
/// The scope ends with the response's head. For a body that is streamed, and whatever the request spawns, see
/// [the crate's page](crate#tasks-streams-and-websockets).
///
/// Where a session that was deleted cannot be destroyed at the end of its request, the answer is the status 500.
#[derive(Clone, Copy, Debug)]
pub struct RequestScope<T>(T);

impl<T> RequestScope<T> {
    /// Around this middleware, which loads and saves the sessions.
    #[must_use]
    pub fn around(sessions: T) -> Self {
        Self(sessions)
    }
}

impl<T, S, B> Transform<S, ServiceRequest> for RequestScope<T>
where
    T: Transform<S, ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    T::Future: 'static,
    <T::Transform as Service<ServiceRequest>>::Future: 'static,
    S: Service<ServiceRequest>,
    B: 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Transform = RequestScopeService<T::Transform>;
    type InitError = T::InitError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Transform, T::InitError>>>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let sessions = self.0.new_transform(service);
        Box::pin(async { Ok(RequestScopeService { service: sessions.await? }) })
    }
}

/// The service that [`RequestScope`] makes.
#[derive(Debug)]
pub struct RequestScopeService<S> {
    service: S,
}

impl<S, B> Service<ServiceRequest> for RequestScopeService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<ServiceResponse<B>, Error>>>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let response = self.service.call(request);
        Box::pin(async {
            RequestStore::scope(response).await.unwrap_or_else(|error| {
                // Visitors are told nothing of it.
                Err(InternalError::from_response(error, HttpResponse::InternalServerError().finish()).into())
            })
        })
    }
}
