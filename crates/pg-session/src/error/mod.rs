//! One error type. Its kind, whether a retry is safe and its source are separate questions.

mod kind;
mod sqlstate;

use std::error::Error as StdError;
use std::fmt;
use std::iter::successors;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::TryCurrentError;

pub use kind::ErrorKind;
use sqlstate::{INSUFFICIENT_PRIVILEGE, meaning};

/// The result of every operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation failed. The message says what to do. It contains no password, no session id and no data.
///
/// [`Display`](fmt::Display) shows this error alone, and [`source`](StdError::source) returns its cause, such as the I/O error
/// of a lost connection. Log the whole chain.
///
/// ```no_run
/// # async fn example(store: pg_session::PgStore, id: &str) {
/// match store.get(id).await {
///     Ok(session) => println!("{session:?}"),
///     Err(error) if error.is_retryable() => println!("try again later: {error}"),
///     Err(error) => println!("{}, SQLSTATE {:?}: {error}", error.kind(), error.sqlstate()),
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    retryable: bool,
    /// The statement was sent and not answered: it is unknown whether it took effect.
    unanswered: bool,
    sqlstate: Option<String>,
    option: Option<&'static str>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Returns what went wrong, in a word.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns whether it is safe to repeat the call, which may then succeed.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Returns the [SQLSTATE](https://www.postgresql.org/docs/current/errcodes-appendix.html), if PostgreSQL sent one.
    #[must_use]
    pub fn sqlstate(&self) -> Option<&str> {
        self.0.sqlstate.as_deref()
    }

    /// Returns the option to change, by the name of its method on [`PgStoreBuilder`](crate::PgStoreBuilder), if the error
    /// is about one.
    ///
    /// ```
    /// let error = pg_session::PgStore::builder("postgres://localhost/app").max_size(0).build().unwrap_err();
    /// assert_eq!(error.option(), Some("max_size"));
    /// assert_eq!(error.to_string(), format!("{} (option `max_size`)", error.problem()));
    /// ```
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

    /// Returns the messages of the causes, without those that the message or an earlier cause contains already.
    ///
    /// For bindings and adapters whose own errors have no source.
    ///
    /// ```
    /// use std::io;
    ///
    /// let error = pg_session::Error::unreachable(io::Error::other("connection refused"));
    /// assert_eq!(error.causes().collect::<Vec<_>>(), ["connection refused"]);
    /// ```
    pub fn causes(&self) -> impl Iterator<Item = String> + use<> {
        let mut told = self.to_string();
        let mut causes: Vec<_> =
            successors(self.source(), |cause| (*cause).source()).map(ToString::to_string).collect();
        causes.retain(|cause| {
            let is_new = !told.contains(cause.as_str());
            told.push_str(cause);
            is_new
        });
        causes.into_iter()
    }

    /// Creates the error for an ErrorResponse of PostgreSQL: it refused a statement or a connection.
    ///
    /// For implementations of [`Client`](crate::Client), like the next two functions. `sqlstate` and `message` are the
    /// response's fields of these names. Leave its detail out: it may quote a session id.
    ///
    /// ```
    /// let error = pg_session::Error::refused("53300", "too many connections");
    /// assert!(error.is_retryable());
    /// ```
    #[must_use]
    pub fn refused(sqlstate: &str, message: &str) -> Self {
        let (kind, retryable, advice) = meaning(sqlstate);
        let mut error = Self::new(kind, format!("PostgreSQL refused: {message} (SQLSTATE {sqlstate}){advice}"));
        error.0.retryable = retryable;
        error.0.sqlstate = Some(sqlstate.to_owned());
        error
    }

    /// Creates the error for a call without a connection: nothing was sent.
    ///
    /// ```
    /// use std::io;
    ///
    /// let error = pg_session::Error::unreachable(io::Error::from(io::ErrorKind::ConnectionRefused));
    /// assert!(error.is_retryable());
    /// ```
    #[must_use]
    pub fn unreachable(source: impl StdError + Send + Sync + 'static) -> Self {
        let message = "PostgreSQL cannot be reached; check that it runs, and the address of the connection";
        Self::new(ErrorKind::Unavailable, message).retryable().caused_by(source)
    }

    /// Creates the error for a connection that broke while a statement was in flight: for every failure after the statement
    /// was sent, except an ErrorResponse of PostgreSQL.
    ///
    /// ```
    /// use std::io;
    ///
    /// let error = pg_session::Error::connection_lost(io::Error::from(io::ErrorKind::UnexpectedEof));
    /// assert_eq!(error.to_string(), "the connection to PostgreSQL was lost");
    /// ```
    #[must_use]
    pub fn connection_lost(source: impl StdError + Send + Sync + 'static) -> Self {
        Self::unanswered("the connection to PostgreSQL was lost").caused_by(source)
    }

    pub(crate) fn unanswered(message: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::Unavailable, message).retryable();
        error.0.unanswered = true;
        error
    }

    pub(crate) fn no_runtime(error: TryCurrentError) -> Self {
        Self::configuration("there is no Tokio runtime here: call the store from within one").caused_by(error)
    }

    pub(crate) fn closed() -> Self {
        Self::new(ErrorKind::Unavailable, "the store is closed; create a new one")
    }

    /// The call expired before it ran: it waited for a connection, or its connections were lost.
    #[cfg(feature = "native")]
    pub(crate) fn not_run_within(limit: Duration) -> Self {
        let message = format!(
            "the call did not run within {limit:?}: no connection to PostgreSQL was free, or it was lost before; try again"
        );
        Self::new(ErrorKind::Unavailable, message).retryable()
    }

    /// The call expired while another transaction held a lock on its row, or on the table.
    #[cfg(feature = "native")]
    pub(crate) fn locked_for(limit: Duration) -> Self {
        let message = format!(
            "the call did not run within {limit:?}: another transaction has locked the session's row or the table; end it (pg_locks \
             and pg_stat_activity show which), or try again"
        );
        Self::new(ErrorKind::Unavailable, message).retryable()
    }

    /// The connection was lost before PostgreSQL ran the call.
    #[cfg(feature = "native")]
    pub(crate) fn not_run(source: impl StdError + Send + Sync + 'static) -> Self {
        let message = "the connection to PostgreSQL was lost before it ran the call; try again";
        Self::new(ErrorKind::Unavailable, message).retryable().caused_by(source)
    }

    /// The runtime of the connections, or of the call itself, ended before the call was sent.
    pub(crate) fn runtime_ended() -> Self {
        Self::new(ErrorKind::Unavailable, "the Tokio runtime of the connections has ended; try again").retryable()
    }

    pub(crate) fn no_answer_within(limit: Duration) -> Self {
        Self::unanswered(format!(
            "PostgreSQL did not answer within {limit:?}; check its load, the network, and pg_locks for a transaction that holds \
             a lock on the table"
        ))
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

    /// The server, a client or a pooler broke the protocol between it and the store.
    pub(crate) fn unexpected_reply(what: &str) -> Self {
        Self::new(
            ErrorKind::Database,
            format!("unexpected reply from the server: {what}; check the client or the pooler before it"),
        )
    }

    /// Returns whether the statement was sent, and it is unknown whether it took effect.
    pub(crate) fn is_unanswered(&self) -> bool {
        self.0.unanswered
    }

    /// Returns whether PostgreSQL rolled the statement back in favour of a concurrent one.
    pub(crate) fn is_rolled_back(&self) -> bool {
        matches!(self.sqlstate(), Some("40001" | "40P01"))
    }

    pub(crate) fn retryable(mut self) -> Self {
        self.0.retryable = true;
        self
    }

    pub(crate) fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// Like [`caused_by`](Self::caused_by), for an error of the application.
    #[cfg(feature = "native")]
    pub(crate) fn caused_by_any(mut self, source: Box<dyn StdError + Send + Sync>) -> Self {
        self.0.source = Some(Arc::from(source));
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

    /// Replaces the advice for a table that does not fit: this one does, so the code on it is at fault. For a missing privilege,
    /// the advice is right in any case.
    pub(crate) fn raised_on(mut self, table: &str) -> Self {
        let sqlstate = self.sqlstate().unwrap_or_default();
        if self.kind() == ErrorKind::Setup && sqlstate != INSUFFICIENT_PRIVILEGE {
            let (.., advice) = meaning(sqlstate);
            self.0.kind = ErrorKind::Database;
            self.0.message.truncate(self.0.message.len() - advice.len());
            self.0.message += &format!(
                "; the table {table} exists and fits, so the error is in code that runs with the statement: check its \
                 triggers, defaults, rules and policies"
            );
        }
        self
    }

    /// Adds the SQLSTATE of the refusal that this setup error explains.
    pub(crate) fn because_of(self, refusal: &Self) -> Self {
        match (self.sqlstate(), refusal.sqlstate()) {
            (None, Some(sqlstate)) if self.kind() == ErrorKind::Setup => self.with_sqlstate(sqlstate),
            _ => self,
        }
    }

    /// Marks the error of a call that must not run twice: after an unanswered one, only the caller can decide.
    pub(crate) fn not_idempotent(mut self) -> Self {
        if self.0.unanswered {
            self.0.retryable = false;
            self.0.message += "; whether the call took effect is unknown: check before you repeat it";
        }
        self
    }

    /// Puts `context` before the message.
    pub(crate) fn context(mut self, context: &str) -> Self {
        self.0.message = format!("{context}: {}", self.0.message);
        self
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
mod tests;
