//! The application's function that returns the password of each login.

use std::sync::Arc;

use napi::Status;
use napi::bindgen_prelude::Promise;
use napi::threadsafe_function::ThreadsafeFunction;
use napi_derive::napi;
use pg_session::PgStoreBuilder;

use crate::function::Thrown;

/// The function, wrapped by `lib/password.js` so that it neither throws nor rejects.
pub(crate) type Password = ThreadsafeFunction<(), Promise<Login>, (), Status, false, true>;

/// The password for a login, or why there is none.
#[napi(object, object_to_js = false)]
pub struct Login {
    /// The password.
    pub password: Option<String>,
    /// The message of the error.
    pub message: Option<String>,
    /// The number under which `lib/function.js` keeps the error.
    pub cause: Option<u32>,
    /// Whether the application's code is at fault rather than the service that it asks.
    pub is_mistake: Option<bool>,
}

pub(crate) fn apply(password: Password, builder: PgStoreBuilder) -> PgStoreBuilder {
    let password = Arc::new(password);
    builder.password(move || {
        let password = Arc::clone(&password);
        async move {
            let login = password.call_async(()).await.map_err(ended)?.await.map_err(ended)?;
            login.password.ok_or_else(|| Thrown {
                message: login.message.unwrap_or_default(),
                cause: login.cause,
                is_mistake: login.is_mistake == Some(true),
            })
        }
    })
}

fn ended(error: napi::Error) -> Thrown {
    Thrown { message: error.reason.to_string(), cause: None, is_mistake: false }
}
