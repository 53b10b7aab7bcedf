//! One error type. What kind it is, whether a retry is safe and where it came from are separate questions.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The result of every verb.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in a word. See [`Error::kind`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An option or the connection string is wrong, or what it names: role, password, database.
    Configuration,
    /// The table is missing or does not fit, or a right is missing.
    Setup,
    /// An argument that cannot be stored: an empty id, data that is no JSON, a time to live out of range.
    InvalidInput,
    /// The data is over `max_size`.
    TooLarge,
    /// PostgreSQL cannot be reached, is shutting down, takes no writes or did not answer in time.
    Unavailable,
    /// The queue is full: more calls wait than `max_waiting` allows.
    Overloaded,
    /// Other calls changed the session again and again, so that an update found no moment to merge.
    Conflict,
    /// PostgreSQL refused a statement for another reason: see [`Error::sqlstate`].
    Database,
}

/// Why a verb failed. The message says what to do, and holds no password and no session id.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    retryable: bool,
    /// The statement had been sent, and no answer came: nobody knows whether it took effect.
    unanswered: bool,
    sqlstate: Option<String>,
    option: Option<&'static str>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// What went wrong, in a word.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same call may simply be made again: it does no harm, and may succeed.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// The [SQLSTATE](https://www.postgresql.org/docs/current/errcodes-appendix.html), where PostgreSQL gave one.
    #[must_use]
    pub fn sqlstate(&self) -> Option<&str> {
        self.0.sqlstate.as_deref()
    }

    /// Returns the option to change, by the name of its method on [`PgStoreBuilder`](crate::PgStoreBuilder), if the error
    /// is about one.
    #[must_use]
    pub fn option(&self) -> Option<&'static str> {
        self.0.option
    }

    /// Returns the message without the name of the option, which [`Display`](fmt::Display) appends.
    ///
    /// For bindings to other languages, in which the option has another name.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.0.message
    }

    /// PostgreSQL's own answer that it refuses a statement or a connection.
    ///
    /// For implementors of [`Client`](crate::Client): `sqlstate` and `message` are the fields of that name in
    /// PostgreSQL's answer. Its detail may quote a session id, and must be left out.
    #[must_use]
    pub fn refused(sqlstate: &str, message: &str) -> Self {
        let (kind, retryable, advice) = meaning(sqlstate);
        let mut error = Self::new(kind, format!("PostgreSQL refused: {message} (SQLSTATE {sqlstate}){advice}"));
        error.0.retryable = retryable;
        error.0.sqlstate = Some(sqlstate.to_owned());
        error
    }

    /// There is no connection, so that nothing was sent.
    ///
    /// For implementors of [`Client`](crate::Client).
    #[must_use]
    pub fn unreachable(source: impl StdError + Send + Sync + 'static) -> Self {
        Self::new(ErrorKind::Unavailable, format!("PostgreSQL cannot be reached: {source}"))
            .retryable()
            .caused_by(source)
    }

    /// The connection broke while a statement was under way.
    ///
    /// For implementors of [`Client`](crate::Client), for every failure after the statement was sent that is not
    /// PostgreSQL's own answer.
    #[must_use]
    pub fn connection_lost(source: impl StdError + Send + Sync + 'static) -> Self {
        Self::unanswered(format!("the connection to PostgreSQL was lost: {source}")).caused_by(source)
    }

    pub(crate) fn unanswered(message: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::Unavailable, message).retryable();
        error.0.unanswered = true;
        error
    }

    pub(crate) fn closed() -> Self {
        Self::new(ErrorKind::Unavailable, "the store is closed; make a new one")
    }

    /// The call was not run in its time: it waited for a connection, or each was lost before.
    pub(crate) fn not_run_within(limit: Duration) -> Self {
        let message = format!(
            "the call was not run within {limit:?}: no connection to PostgreSQL was free, or it was lost before; try again"
        );
        Self::new(ErrorKind::Unavailable, message).retryable()
    }

    /// The connection was lost before PostgreSQL ran the call.
    pub(crate) fn not_run(source: impl StdError + Send + Sync + 'static) -> Self {
        let message = format!("the connection to PostgreSQL was lost before it ran the call: {source}");
        Self::new(ErrorKind::Unavailable, message).retryable().caused_by(source)
    }

    pub(crate) fn no_answer_within(limit: Duration) -> Self {
        Self::unanswered(format!("PostgreSQL gave no answer within {limit:?}"))
    }

    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            retryable: false,
            unanswered: false,
            sqlstate: None,
            option: None,
            source: None,
        }))
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration, message)
    }

    pub(crate) fn setup(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Setup, message)
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    /// Whether the statement was sent, and nobody knows whether it took effect.
    pub(crate) fn is_unanswered(&self) -> bool {
        self.0.unanswered
    }

    pub(crate) fn retryable(mut self) -> Self {
        self.0.retryable = true;
        self
    }

    pub(crate) fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// Names the option that the error is about. The message itself leaves the name out.
    pub(crate) fn about_option(mut self, option: &'static str) -> Self {
        self.0.option = Some(option);
        self
    }

    pub(crate) fn with_sqlstate(mut self, sqlstate: &str) -> Self {
        self.0.sqlstate = Some(sqlstate.to_owned());
        self
    }

    /// The same error, which explains why PostgreSQL refused a statement.
    pub(crate) fn because_of(self, refusal: &Self) -> Self {
        match (self.sqlstate(), refusal.sqlstate()) {
            (None, Some(sqlstate)) if self.kind() == ErrorKind::Setup => self.with_sqlstate(sqlstate),
            _ => self,
        }
    }

    /// The error of a call that must not run twice: where it was sent, only its caller can tell whether to repeat it.
    pub(crate) fn not_repeatable(mut self) -> Self {
        if self.0.unanswered {
            self.0.retryable = false;
            self.0.message += "; whether the call took effect is unknown: look before you repeat it";
        }
        self
    }

    /// What no PostgreSQL answers: a client or a proxy in between is at fault.
    pub(crate) fn unexpected_reply(what: &str) -> Self {
        Self::new(
            ErrorKind::Database,
            format!("unexpected reply from the server: {what}; check the client or pooler in between"),
        )
    }

    /// The same error, told from further up: `message` first, then what it said.
    pub(crate) fn context(mut self, message: &str) -> Self {
        self.0.message = format!("{message}: {}", self.0.message);
        self
    }
}

/// Kind, whether a retry is safe, and what to do, by SQLSTATE.
fn meaning(sqlstate: &str) -> (ErrorKind, bool, &'static str) {
    use ErrorKind::{Configuration, Database, InvalidInput, Setup, Unavailable};
    match sqlstate {
        "25006" => (Unavailable, true, "; this server takes no writes: connect to the primary"),
        "28P01" => (Configuration, false, "; check user and password of the connection"),
        "3D000" => (Configuration, false, "; create the database, or name another in the connection"),
        "42P01" | "3F000" => (Setup, false, "; create the table again, or let setup() do it"),
        "42501" => (Setup, false, "; grant the role what it lacks"),
        // 0A000 is how a prepared statement says that its columns have other types by now.
        "0A000" | "23502" | "42703" | "42804" | "42809" | "42846" | "42883" | "42P10" => {
            (Setup, false, "; the table has changed: make its columns fit")
        }
        "22001" => (InvalidInput, false, "; widen the column, or use shorter ids"),
        "22P02" | "22P05" | "22030" | "22032" => (
            InvalidInput,
            false,
            "; a json column keeps every JSON text; jsonb, and the option subject, refuse \\u0000 and lone surrogates",
        ),
        "22008" => (InvalidInput, false, "; use a shorter time to live"),
        "22021" => (InvalidInput, false, "; use a database whose encoding is UTF8"),
        "54001" => (InvalidInput, false, "; nest the data less deeply"),
        "53300" => (Unavailable, true, "; raise max_connections, or use fewer connections"),
        "57P01" | "57P02" | "57P03" | "57P05" => (Unavailable, true, "; try again when it is back"),
        "40001" | "40P01" | "55P03" | "57014" => (Database, true, "; try again"),
        _ => match sqlstate.get(..2) {
            Some("08") => (Unavailable, true, "; try again when it is back"),
            Some("28") => (Configuration, false, "; allow this role and host in pg_hba.conf, or connect as another"),
            Some("53") => (Unavailable, true, "; the server is short of memory, disk or the like"),
            _ => (Database, false, ""),
        },
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        self.0.option.map_or(Ok(()), |option| write!(f, " (option `{option}`)"))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("retryable", &self.0.retryable)
            .field("sqlstate", &self.0.sqlstate)
            .field("option", &self.0.option)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_and_retry_follow_the_sqlstate() {
        for (sqlstate, kind, retryable) in [
            ("57P01", ErrorKind::Unavailable, true),
            ("25006", ErrorKind::Unavailable, true),
            ("08006", ErrorKind::Unavailable, true),
            ("53100", ErrorKind::Unavailable, true),
            ("28P01", ErrorKind::Configuration, false),
            ("28000", ErrorKind::Configuration, false),
            ("42P01", ErrorKind::Setup, false),
            ("40P01", ErrorKind::Database, true),
            ("22P05", ErrorKind::InvalidInput, false),
            ("23514", ErrorKind::Database, false),
            ("", ErrorKind::Database, false),
        ] {
            let error = Error::refused(sqlstate, "no");
            assert_eq!((error.kind(), error.is_retryable(), error.sqlstate()), (kind, retryable, Some(sqlstate)));
        }
    }

    #[test]
    fn the_source_is_kept() {
        let error = Error::unreachable(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
        assert!(error.source().is_some_and(|source| source.is::<std::io::Error>()));
        assert!(error.context("get").to_string().starts_with("get: PostgreSQL cannot be reached"));
    }

    #[test]
    fn what_was_sent_and_must_not_run_twice_is_not_retryable() {
        let source = || std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        assert!(Error::connection_lost(source()).is_retryable());
        assert!(!Error::connection_lost(source()).not_repeatable().is_retryable());
        assert!(Error::unreachable(source()).not_repeatable().is_retryable());
        assert!(Error::refused("57P01", "shutting down").not_repeatable().is_retryable());
    }
}
