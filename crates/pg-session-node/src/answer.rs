//! Answers to calls, as plain data for JavaScript.

use napi::bindgen_prelude::{Either6, Latin1String, Null};
use napi_derive::napi;
use pg_session::{Error, ErrorKind};

use crate::function::Thrown;
use crate::options;

/// The result of a call: nothing, a boolean, a count, a text (JSON or an outcome), or a failure.
///
/// An ASCII text crosses as Latin-1: V8 copies it as it is, whereas it decodes UTF-8 character by character.
pub(crate) type Answer = Either6<Null, bool, f64, String, Failure, Latin1String>;

/// The most characters that a string of V8 has.
const LONGEST_TEXT: usize = (1 << 29) - 24;

/// Returns a text as an answer. One that JavaScript cannot hold fails, instead of all the answers that cross with it.
pub(crate) fn text(text: String) -> Answer {
    if text.len() > LONGEST_TEXT {
        return Either6::E(Failure::too_long(text.len()));
    }
    if text.is_ascii() { Either6::F(text.into()) } else { Either6::D(text) }
}

/// Why a call failed. JavaScript turns it into an `Error`.
#[napi(object, object_from_js = false)]
pub struct Failure {
    /// `PG_SESSION_` and the kind of the error.
    pub code: &'static str,
    /// What failed, why, and what to do.
    pub message: String,
    /// The SQLSTATE, if PostgreSQL sent one.
    pub sql_state: Option<String>,
    /// Whether it is safe to repeat the call.
    pub retryable: bool,
    /// The number under which `lib/function.js` keeps the error that the application's function threw, if it may be
    /// exposed.
    pub cause: Option<u32>,
}

impl Failure {
    fn too_long(bytes: usize) -> Self {
        let message = format!(
            "the answer has {bytes} bytes, more than a string of JavaScript can hold; read fewer sessions at once, for example with \
             SQL"
        );
        Self { code: "PG_SESSION_TOO_LARGE", message, sql_state: None, retryable: false, cause: None }
    }

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
                None => options::message(&error),
            },
            sql_state: error.sqlstate().map(str::to_owned),
            retryable: error.is_retryable(),
            cause,
        }
    }
}

/// The answer to one call, with the times of the session that it found.
pub(crate) struct Answered {
    pub(crate) call_id: u32,
    pub(crate) answer: Answer,
    pub(crate) times: Times,
}

/// The times of a session that was found. NaN stands for an unknown value.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    /// Milliseconds until it expires.
    pub(crate) left: f64,
    /// When it was created, in microseconds since the Unix epoch.
    pub(crate) created: f64,
}

impl Times {
    pub(crate) const NONE: Self = Self { left: f64::NAN, created: f64::NAN };
}

/// Answers that JavaScript has not collected yet.
#[derive(Default)]
pub(crate) struct Answers {
    /// Three numbers per answer: the id of its call, the milliseconds left and when the session was created.
    pub(crate) numbers: Vec<f64>,
    pub(crate) answers: Vec<Answer>,
}

impl Answers {
    /// Adds answers, and returns whether there were none before. If so, JavaScript must be notified.
    pub(crate) fn add(&mut self, answered: Vec<Answered>) -> bool {
        let was_empty = self.answers.is_empty();
        self.numbers.reserve(3 * answered.len());
        self.answers.reserve(answered.len());
        for Answered { call_id, answer, times } in answered {
            self.numbers.extend([f64::from(call_id), times.left, times.created]);
            self.answers.push(answer);
        }
        was_empty
    }
}
