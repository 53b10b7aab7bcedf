//! What goes back to JavaScript: plain data.

use napi::bindgen_prelude::{Either5, Null};
use napi_derive::napi;
use pg_session::{Error, ErrorKind};

use crate::function::Thrown;
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
    /// The number under which `function.js` keeps what the application's function threw, if it may be handed on.
    pub cause: Option<u32>,
}

impl Failure {
    pub(crate) fn invalid_input(message: &str) -> Self {
        let code = "PG_SESSION_INVALID_INPUT";
        Self { code, message: message.to_owned(), sql_state: None, retryable: false, cause: None }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let thrown = Thrown::behind(&error);
        let cause = thrown.and_then(|thrown| thrown.cause);
        if let Some(Thrown { message, is_mistake: true, .. }) = thrown {
            let code = "PG_SESSION_CONFIGURATION";
            return Self { code, message: message.clone(), sql_state: None, retryable: false, cause };
        }
        Self {
            code: match error.kind() {
                ErrorKind::Configuration => "PG_SESSION_CONFIGURATION",
                ErrorKind::Setup => "PG_SESSION_SETUP",
                ErrorKind::InvalidInput => "PG_SESSION_INVALID_INPUT",
                ErrorKind::TooLarge => "PG_SESSION_TOO_LARGE",
                ErrorKind::Unavailable => "PG_SESSION_UNAVAILABLE",
                ErrorKind::Overloaded => "PG_SESSION_OVERLOADED",
                ErrorKind::Conflict => "PG_SESSION_CONFLICT",
                _ => "PG_SESSION_DATABASE",
            },
            message: match thrown {
                Some(thrown) => thrown.message.clone(),
                None => in_words_of_node(&error),
            },
            sql_state: error.sqlstate().map(str::to_owned),
            retryable: error.is_retryable(),
            cause,
        }
    }
}

/// The answer to one call, with the times of the session that it found, if any.
pub(crate) struct Answered {
    pub(crate) ticket: u32,
    pub(crate) answer: Answer,
    pub(crate) times: Times,
}

/// Of a session that was found. What is unknown is NaN.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    /// The milliseconds that it has left.
    pub(crate) left: f64,
    /// When it was created, in microseconds of Unix time.
    pub(crate) created: f64,
}

impl Times {
    pub(crate) const NONE: Self = Self { left: f64::NAN, created: f64::NAN };
}

/// Answers that JavaScript has not fetched yet.
#[derive(Default)]
pub(crate) struct Answers {
    /// Of each answer the ticket of its call, the milliseconds left and when the session was created.
    pub(crate) numbers: Vec<f64>,
    pub(crate) answers: Vec<Answer>,
}

impl Answers {
    /// Returns whether there was none before, so that JavaScript must be told.
    pub(crate) fn add(&mut self, answered: Vec<Answered>) -> bool {
        let was_empty = self.answers.is_empty();
        self.numbers.reserve(3 * answered.len());
        self.answers.reserve(answered.len());
        for Answered { ticket, answer, times } in answered {
            self.numbers.extend([f64::from(ticket), times.left, times.created]);
            self.answers.push(answer);
        }
        was_empty
    }
}
