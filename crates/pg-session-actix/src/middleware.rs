//! What one request knows of its sessions ends with it.

use std::future::{Ready, ready};
use std::pin::Pin;

use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::error::InternalError;
use actix_web::{Error, HttpResponse};
use pg_session::RequestStore;

/// Lets each request remember the session that it has loaded, so that its saves are updates: goes around the
/// `SessionMiddleware`, and so is wrapped after it.
///
/// What requests at once change in one session all stands, a session that was deleted is not saved again, and `renew`
/// moves the session's row in one atomic statement: see [`RequestStore`]. What a request spawns, and a body that is
/// streamed, are outside of it.
///
/// Where a session that was deleted cannot be destroyed at the end of its request, the answer is the status 500.
#[derive(Clone, Copy, Debug, Default)]
pub struct UpdateMiddleware;

impl<S, B> Transform<S, ServiceRequest> for UpdateMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Transform = UpdateService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(UpdateService { service }))
    }
}

/// The service that [`UpdateMiddleware`] makes.
#[derive(Debug)]
pub struct UpdateService<S> {
    service: S,
}

impl<S, B> Service<ServiceRequest> for UpdateService<S>
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
