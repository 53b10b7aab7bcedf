//! The application's own function `(sql, params) => Promise` as the way to PostgreSQL.

use napi::Status;
use napi::bindgen_prelude::{FnArgs, Promise};
use napi::threadsafe_function::ThreadsafeFunction;
use napi_derive::napi;
use pg_session::{Client, Error, Result, Rows};

/// The function as `connection.js` wraps it: it never throws, and never rejects.
pub(crate) type Query = ThreadsafeFunction<Arguments, Promise<Outcome>, Arguments, Status, false, true>;

/// The SQL, and its parameters.
type Arguments = FnArgs<(String, Vec<String>)>;

/// What became of a query: rows, PostgreSQL's refusal if there is a code, or another failure.
#[napi(object, object_to_js = false)]
pub struct Outcome {
    /// Each column as text.
    pub rows: Option<Vec<Vec<Option<String>>>>,
    /// The SQLSTATE.
    pub code: Option<String>,
    /// Of the error.
    pub message: Option<String>,
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
            (None, None) => Err(Error::connection_lost(Lost(message))),
        }
    }
}

/// What the function said, or Node, when it is about to end.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Lost(String);

impl From<napi::Error> for Lost {
    fn from(error: napi::Error) -> Self {
        Self(error.reason.to_string())
    }
}
