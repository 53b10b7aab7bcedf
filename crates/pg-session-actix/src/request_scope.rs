//! The middleware that opens the scope of a request.

use std::pin::Pin;

use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::error::InternalError;
use actix_web::{Error, HttpResponse};
use pg_session::RequestStore;

/// Opens a [scope](RequestStore::scope) for each request around the session middleware, so that saves are updates.
///
/// Concurrent requests keep each other's changes to one session, a deleted session is not saved again, and `renew` moves
/// the session's row in one atomic statement: see [`RequestStore`].
///
/// The scope ends with the head of the response. For a streamed body and everything that the request spawns, see
/// [the crate's documentation](crate#tasks-streams-and-websockets).
///
/// If a deleted session cannot be destroyed at the end of its request, the response has the status 500.
///
/// # Examples
///
/// The middleware contains the session middleware, so that no other middleware can come between the two:
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
#[derive(Clone, Copy, Debug)]
pub struct RequestScope<T>(T);

impl<T> RequestScope<T> {
    /// Creates the middleware around the middleware that loads and saves the sessions.
    ///
    /// # Examples
    ///
    /// ```
    /// # use actix_session::SessionMiddleware;
    /// # use actix_web::cookie::{Key, SameSite};
    /// # use pg_session_actix::{ActixStore, RequestScope};
    /// # fn middleware(store: ActixStore, key: Key) {
    /// let sessions = SessionMiddleware::builder(store, key).cookie_same_site(SameSite::Lax).build();
    /// let middleware = RequestScope::around(sessions);
    /// # }
    /// ```
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

/// The service of a [`RequestScope`].
///
/// # Examples
///
/// ```
/// # use actix_web::dev::{Service, Transform};
/// use actix_web::middleware::DefaultHeaders;
/// use pg_session_actix::{RequestScope, RequestScopeService};
///
/// # async fn example<S>(app: S) -> Result<(), ()>
/// # where
/// #     S: Service<
/// #             actix_web::dev::ServiceRequest,
/// #             Response = actix_web::dev::ServiceResponse,
/// #             Error = actix_web::Error,
/// #         > + 'static,
/// # {
/// let sessions = DefaultHeaders::new();
/// let service: RequestScopeService<_> = RequestScope::around(sessions).new_transform(app).await?;
/// # Ok(()) }
/// ```
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
                // The response does not show the reason. Middlewares such as `Logger` get the error.
                Err(InternalError::from_response(error, HttpResponse::InternalServerError().finish()).into())
            })
        })
    }
}
