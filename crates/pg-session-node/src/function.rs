//! Reaches PostgreSQL through the application's function `(sql, params) => Promise`.

use std::error::Error as _;

use napi::Status;
use napi::bindgen_prelude::{FnArgs, Promise};
use napi::threadsafe_function::ThreadsafeFunction;
use napi_derive::napi;
use pg_session::{Client, Error, Result, Rows};

/// The function, wrapped by `lib/function.js` so that it neither throws nor rejects.
pub(crate) type Query = ThreadsafeFunction<Arguments, Promise<Outcome>, Arguments, Status, false, true>;

/// The SQL and its parameters.
type Arguments = FnArgs<(String, Vec<String>)>;

/// The outcome of a query: rows, PostgreSQL's refusal if there is a code, or another failure.
#[napi(object, object_to_js = false)]
pub struct Outcome {
    /// The rows, with each column as text.
    pub rows: Option<Vec<Vec<Option<String>>>>,
    /// The SQLSTATE.
    pub code: Option<String>,
    /// The message of the error.
    pub message: Option<String>,
    /// The number under which `lib/function.js` keeps the error, if it may be exposed.
    pub cause: Option<u32>,
    /// Whether the application's code is at fault rather than the connection.
    pub is_mistake: Option<bool>,
}

pub(crate) struct Function(pub(crate) Query);

impl Client for Function {
    async fn query(&self, sql: &str, params: &[String]) -> Result<Rows> {
        let arguments = Arguments::from((sql.to_owned(), params.to_vec()));
        let answer = self.0.call_async(arguments).await.map_err(Lost::from).map_err(Error::unreachable)?;
        let outcome = answer.await.map_err(Lost::from).map_err(Error::connection_lost)?;
        let message = outcome.message.unwrap_or_default();
        match (outcome.rows, outcome.code) {
            (Some(rows), _) => Ok(rows),
            (None, Some(code)) => Err(Error::refused(&code, &message)),
            // PostgreSQL may have run the statement.
            (None, None) => {
                let is_mistake = outcome.is_mistake == Some(true);
                Err(Error::connection_lost(Thrown { message, cause: outcome.cause, is_mistake }))
            }
        }
    }
}

/// What the application's function threw, or what is wrong with what it returned.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Thrown {
    pub(crate) message: String,
    pub(crate) cause: Option<u32>,
    pub(crate) is_mistake: bool,
}

impl Thrown {
    /// Returns the error of the function, if it caused the engine's error.
    pub(crate) fn behind(error: &Error) -> Option<&Self> {
        error.source().and_then(|source| source.downcast_ref())
    }
}

/// Node is shutting down.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Lost(String);

impl From<napi::Error> for Lost {
    fn from(error: napi::Error) -> Self {
        Self(error.reason.to_string())
    }
}
