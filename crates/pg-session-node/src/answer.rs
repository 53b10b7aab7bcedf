//! What goes back to JavaScript: plain data.

use napi::bindgen_prelude::{Either5, Null};
use napi_derive::napi;
use pg_session::{Error, ErrorKind};

use crate::options::in_words_of_node;

/// Nothing, whether, how many, or a text (JSON, or what came of it); or why not.
pub(crate) type Answer = Either5<Null, bool, f64, String, Failure>;

/// Why a call failed, for JavaScript to make an `Error` of.
#[napi(object, object_from_js = false)]
pub struct Failure {
    /// `PG_SESSION_` and the kind.
    pub code: &'static str,
    /// What to do about it.
    pub message: String,
    /// PostgreSQL's code, if it gave one.
    pub sql_state: Option<String>,
    /// Whether the same call may simply be made again.
    pub retryable: bool,
}

impl Failure {
    pub(crate) fn invalid_input(message: &str) -> Self {
        Self { code: "PG_SESSION_INVALID_INPUT", message: message.to_owned(), sql_state: None, retryable: false }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            code: match error.kind() {
                ErrorKind::Configuration => "PG_SESSION_CONFIGURATION",
                ErrorKind::Setup => "PG_SESSION_SETUP",
                ErrorKind::InvalidInput => "PG_SESSION_INVALID_INPUT",
                ErrorKind::TooLarge => "PG_SESSION_TOO_LARGE",
                ErrorKind::Unavailable => "PG_SESSION_UNAVAILABLE",
                ErrorKind::Overloaded => "PG_SESSION_OVERLOADED",
                _ => "PG_SESSION_DATABASE",
            },
            message: in_words_of_node(&error),
            sql_state: error.sqlstate().map(str::to_owned),
            retryable: error.is_retryable(),
        }
    }
}

/// Answers that JavaScript has not fetched yet, side by side with the tickets of their calls.
#[derive(Default)]
pub(crate) struct Answers {
    pub(crate) tickets: Vec<u32>,
    pub(crate) answers: Vec<Answer>,
}

impl Answers {
    /// Answers whether there was none before, so that JavaScript must be told.
    pub(crate) fn add(&mut self, answered: Vec<(u32, Answer)>) -> bool {
        let was_empty = self.tickets.is_empty();
        let (tickets, answers): (Vec<_>, Vec<_>) = answered.into_iter().unzip();
        self.tickets.extend(tickets);
        self.answers.extend(answers);
        was_empty
    }
}
