//! A password that the application makes for each login, such as a token of a cloud's identity service.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use crate::error::{Error, ErrorKind, Result};

type BoxError = Box<dyn StdError + Send + Sync>;
type Making = Pin<Box<dyn Future<Output = Result<String, BoxError>> + Send>>;

/// The application's function that returns the password.
#[derive(Clone)]
pub(crate) struct PasswordSource(Arc<dyn Fn() -> Making + Send + Sync>);

impl PasswordSource {
    pub(crate) fn new<F, Fut, E>(make: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<String, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        Self(Arc::new(move || {
            let making = make();
            Box::pin(async move { making.await.map_err(Into::into) })
        }))
    }

    /// Returns the password for one login.
    ///
    /// Runs in a task of its own: a panic of the function fails the login, and not the lane.
    pub(crate) async fn make(&self, limit: Duration) -> Result<String> {
        let make = Arc::clone(&self.0);
        let making = AbortOnDropHandle::new(tokio::spawn(async move { make().await }));
        match timeout(limit, making).await {
            Ok(Ok(Ok(password))) => Ok(password),
            Ok(Ok(Err(error))) => Err(failed("failed").caused_by_any(error)),
            Ok(Err(_)) => Err(failed("panicked; the panic is in the output of the process")),
            Err(_) => Err(failed(&format!("did not return within {limit:?}; check the service that it calls"))),
        }
    }
}

/// The service that makes the password may be back soon.
fn failed(how: &str) -> Error {
    Error::new(ErrorKind::Unavailable, format!("cannot log in: the function for the password {how}")).retryable()
}

impl fmt::Debug for PasswordSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordSource")
    }
}
