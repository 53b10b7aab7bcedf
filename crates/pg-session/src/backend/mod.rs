//! How a command reaches PostgreSQL. Knows statements and parameters, and nothing of sessions.

pub(crate) mod client;
mod lanes;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::error::{Error, ErrorKind, Result};
use client::{AnyClient, Client, OwnClient};
pub(crate) use lanes::LaneOptions;
use lanes::Lanes;

/// One statement of the store. Its parameters are text, cast where they are used; so are its columns.
///
/// A statement with parameters returns at least one row, and each begins with the first parameter: the key. So an answer
/// that belongs to another call is never taken for this one's, whatever a server or a pooler sends. Where there is nothing
/// to tell, the columns after the key are null.
pub(crate) struct Statement {
    pub(crate) name: &'static str,
    pub(crate) sql: String,
    /// Its form for many commands at once, where it has one.
    pub(crate) many: Option<BatchSql>,
    /// Whether its answer does not wait for the disk: it writes nothing, or commits asynchronously.
    pub(crate) no_wal_flush: bool,
    /// Whether it writes nothing, so that it may run again where the first answer was lost. A write may not: others may have
    /// changed the session since, and it would undo that.
    pub(crate) reads_only: bool,
    /// Whether a caller who was not answered may simply make the call again.
    pub(crate) idempotent: bool,
}

/// A statement that does for arrays of parameters what another does for single ones: `text[]`, and `bigint[]` for
/// numbers. Each row begins with the key of the command that it answers; the other columns are that command's, or numbers
/// in place of what is costly to write as text. A command without a row has nothing to tell.
pub(crate) struct BatchSql {
    pub(crate) sql: String,
    pub(crate) duplicates: DuplicateKeys,
    pub(crate) absence: Absence,
}

/// What an answer without the row of any command means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Absence {
    /// There is none: the first command has a row more, of nulls, so that the answer always says whose it is.
    Marked,
    /// It may be believed, because nothing depends on it.
    Harmless,
    /// It says nothing of whose it is: the commands are sent one by one.
    Doubtful,
}

/// What happens to two commands of one kind with the same key that could share a batch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum DuplicateKeys {
    /// They are sent one after the other.
    Serialize,
    /// They are sent once, and share the answer, if all their parameters are equal. Else one after the other: PostgreSQL may
    /// refuse one and accept the other.
    Coalesce,
}

/// A parameter, or what a column holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Value {
    Null,
    Text(String),
    Number(i64),
}

pub(crate) type Params = SmallVec<[Value; 4]>;
pub(crate) type Row = SmallVec<[Value; 3]>;

/// A statement and its parameters. The first parameter is the session's id, where there is one.
pub(crate) struct Command {
    pub(crate) statement: Arc<Statement>,
    pub(crate) params: Params,
}

impl Command {
    /// What commands are told apart by: the session's id.
    fn key(&self) -> &str {
        self.params.first().and_then(Value::text).unwrap_or_default()
    }

    /// The first column of each row of its answer; none if it has no rows.
    fn echo(&self) -> Option<Cow<'_, str>> {
        self.params.first().map(|param| match param {
            Value::Text(text) => Cow::Borrowed(text.as_str()),
            Value::Number(number) => Cow::Owned(number.to_string()),
            Value::Null => Cow::Borrowed(""),
        })
    }

    /// About how much memory it takes, in bytes.
    fn size(&self) -> usize {
        self.params.iter().map(|param| param.text().map_or(size_of::<i64>(), str::len)).sum()
    }
}

/// What came back: rows without the key, and without those that tell nothing.
#[derive(Default)]
pub(crate) struct Reply {
    pub(crate) rows: SmallVec<[Row; 1]>,
}

/// Why a command failed.
pub(crate) struct Rejected {
    pub(crate) error: Error,
    /// Its parameters, where PostgreSQL refused the statement because it no longer fits the table.
    pub(crate) again: Option<Box<Params>>,
}

/// A way to PostgreSQL.
pub(crate) enum Backend {
    /// Connections of our own.
    Lanes(Lanes),
    /// What the application has.
    Client(OwnClient),
}

impl Backend {
    /// Runs one command in a transaction of its own, and within the time limit.
    pub(crate) async fn submit(&self, command: Command) -> Result<Reply, Rejected> {
        match self {
            Self::Lanes(lanes) => lanes.submit(command).await,
            Self::Client(client) => client.submit(command).await,
        }
    }

    /// Takes no more commands, waits for those under way, and closes what it opened itself.
    pub(crate) async fn close(&self) {
        match self {
            Self::Lanes(lanes) => lanes.close().await,
            Self::Client(client) => client.close().await,
        }
    }
}

/// How the store reaches PostgreSQL: a connection string, or a [`Client`] that the application has.
pub struct ConnectTo(Source);

enum Source {
    Text(String),
    Client(Box<dyn AnyClient>),
}

impl ConnectTo {
    pub(crate) fn into_backend(self, options: &LaneOptions) -> Result<Backend> {
        match self.0 {
            Source::Text(text) => Lanes::new(&text, options).map(Backend::Lanes),
            Source::Client(client) => Ok(Backend::Client(OwnClient::new(client, options.timeout))),
        }
    }
}

impl From<&str> for ConnectTo {
    fn from(text: &str) -> Self {
        Self(Source::Text(text.to_owned()))
    }
}

impl From<String> for ConnectTo {
    fn from(text: String) -> Self {
        Self(Source::Text(text))
    }
}

impl From<&String> for ConnectTo {
    fn from(text: &String) -> Self {
        Self(Source::Text(text.clone()))
    }
}

impl<C: Client> From<C> for ConnectTo {
    fn from(client: C) -> Self {
        Self(Source::Client(Box::new(client)))
    }
}

/// Shows no connection string: it may hold a password.
impl fmt::Debug for ConnectTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::Text(_) => "ConnectTo(string)",
            Source::Client(_) => "ConnectTo(client)",
        })
    }
}

impl Value {
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl Rejected {
    /// The error of a command with these parameters.
    fn of(error: Error, params: impl FnOnce() -> Params) -> Self {
        let again = (error.kind() == ErrorKind::Setup).then(|| Box::new(params()));
        Self { error, again }
    }
}

impl From<Error> for Rejected {
    fn from(error: Error) -> Self {
        Self { error, again: None }
    }
}

impl From<Rejected> for Error {
    fn from(rejected: Rejected) -> Self {
        rejected.error
    }
}

impl Reply {
    /// Adds a row without its key, unless it tells nothing.
    fn push(&mut self, row: Row) {
        if row.first().is_some_and(|value| *value != Value::Null) {
            self.rows.push(row);
        }
    }

    /// The column of the only row, if there is a row and it is not null.
    pub(crate) fn value(&self, column: usize) -> Option<&str> {
        self.rows.first()?.get(column)?.text()
    }
}
