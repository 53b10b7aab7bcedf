//! How a command reaches PostgreSQL. Knows statements and parameters, and nothing of sessions.

pub(crate) mod client;
mod lanes;

use std::fmt;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::error::Result;
use client::{AnyClient, Client, OwnClient};
pub(crate) use lanes::LaneOptions;
use lanes::Lanes;

/// One statement of the store. Its parameters are text, cast where they are used; so are its columns.
pub(crate) struct Statement {
    pub(crate) name: &'static str,
    pub(crate) sql: String,
    /// Its form for many commands at once, where it has one.
    pub(crate) many: Option<Many>,
    /// Whether its answer waits for no disk: it writes nothing, or what may get lost in a crash.
    pub(crate) is_quick: bool,
    /// Whether it may run twice and still have the effect and the answer of once.
    pub(crate) repeatable: bool,
}

/// A statement that does for arrays of parameters what another does for single ones: `text[]`, and `bigint[]` for
/// numbers. The first column of a row says by its first parameter which command it answers; the others are the columns
/// of that, or numbers in place of what is costly to write as text.
pub(crate) struct Many {
    pub(crate) sql: String,
    pub(crate) same_key: SameKey,
}

/// What becomes of two commands of one kind, with the same first parameter, that could go together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SameKey {
    /// They go one after the other.
    Apart,
    /// They go together if they are alike, and have the same answer.
    Together,
    /// The later one goes, and does for both.
    LastStands,
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

    /// About how much memory it takes, in bytes.
    fn size(&self) -> usize {
        self.params.iter().map(|param| param.text().map_or(size_of::<i64>(), str::len)).sum()
    }
}

/// What came back.
#[derive(Default)]
pub(crate) struct Reply {
    pub(crate) rows: SmallVec<[Row; 1]>,
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
    pub(crate) async fn submit(&self, command: Command) -> Result<Reply> {
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
pub struct Connection(Source);

enum Source {
    Text(String),
    Client(Box<dyn AnyClient>),
}

impl Connection {
    pub(crate) fn into_backend(self, options: &LaneOptions) -> Result<Backend> {
        match self.0 {
            Source::Text(text) => Lanes::new(&text, options).map(Backend::Lanes),
            Source::Client(client) => Ok(Backend::Client(OwnClient::new(client, options.timeout))),
        }
    }
}

impl From<&str> for Connection {
    fn from(text: &str) -> Self {
        Self(Source::Text(text.to_owned()))
    }
}

impl From<String> for Connection {
    fn from(text: String) -> Self {
        Self(Source::Text(text))
    }
}

impl From<&String> for Connection {
    fn from(text: &String) -> Self {
        Self(Source::Text(text.clone()))
    }
}

impl<C: Client> From<C> for Connection {
    fn from(client: C) -> Self {
        Self(Source::Client(Box::new(client)))
    }
}

/// Shows no connection string: it may hold a password.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::Text(_) => "Connection(string)",
            Source::Client(_) => "Connection(client)",
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

impl Reply {
    /// The column of the only row, if there is a row and it is not null.
    pub(crate) fn value(&self, column: usize) -> Option<&str> {
        self.rows.first()?.get(column)?.text()
    }
}
