//! The application's own function `(sql, params) => Promise` as the way to PostgreSQL.

use std::error::Error as _;

use napi::Status;
use napi::bindgen_prelude::{FnArgs, Promise};
use napi::threadsafe_function::ThreadsafeFunction;
use napi_derive::napi;
use pg_session::{Client, Error, Result, Rows};

/// The function as `connection.js` wraps it: it never throws, and never rejects.
pub(crate) type Query = ThreadsafeFunction<Arguments, Promise<Outcome>, Arguments, Status, false, true>;

/// The SQL, and its parameters.
type Arguments = FnArgs<(String, Vec<String>)>;

/// What a query came to: rows, PostgreSQL's refusal if there is a code, or another failure.
#[napi(object, object_to_js = false)]
pub struct Outcome {
    /// Each column as text.
    pub rows: Option<Vec<Vec<Option<String>>>>,
    /// The SQLSTATE.
    pub code: Option<String>,
    /// Of the error.
    pub message: Option<String>,
    /// The number under which `function.js` keeps the error, if it may be handed on.
    pub cause: Option<u32>,
    /// Whether the application is at fault, and not the way to PostgreSQL.
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
            // Nobody knows whether PostgreSQL ran the statement.
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
    /// What is behind the engine's error, if the function is.
    pub(crate) fn behind(error: &Error) -> Option<&Self> {
        error.source().and_then(|source| source.downcast_ref())
    }
}

/// Node is about to end.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Lost(String);

impl From<napi::Error> for Lost {
    fn from(error: napi::Error) -> Self {
        Self(error.reason.to_string())
    }
}
