//! What is sent to PostgreSQL, and what comes back. No I/O; knows nothing of sessions.

#![cfg_attr(not(feature = "native"), expect(dead_code, reason = "only the store's own connections send batches"))]

use std::borrow::Cow;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::error::{Error, ErrorKind};

/// One statement of the store. Its parameters and columns are text, which the SQL casts where it uses it.
///
/// A statement with parameters returns at least one row, and each row begins with the first parameter: the key. The
/// answer to another call is therefore never mistaken for this one's. A row without a result has nulls after the key.
pub(crate) struct Statement {
    pub(crate) name: &'static str,
    pub(crate) sql: String,
    /// Its form for connections of the store's own, if that is cheaper: its columns may be numbers.
    pub(crate) native: Option<String>,
    /// Its form for batches, if it has one.
    pub(crate) many: Option<BatchSql>,
    /// Whether its commit does not wait for the disk: it writes nothing, or commits asynchronously.
    pub(crate) no_wal_flush: bool,
    /// Whether it writes nothing. Only then it may run again after its answer was lost: a write could undo what others have
    /// done since.
    pub(crate) reads_only: bool,
    /// Whether a caller that got no answer may repeat the call.
    pub(crate) idempotent: bool,
}

/// The form of a statement for a batch: it takes arrays, `text[]` and `bigint[]`. Each row begins with the key of the command
/// that it answers. The other columns are those of the single form, or numbers where text is costly to write. A command without
/// a row has no result.
pub(crate) struct BatchSql {
    pub(crate) sql: String,
    pub(crate) duplicates: DuplicateKeys,
    pub(crate) absence: Absence,
}

/// What a batch's answer without any row means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Absence {
    /// Impossible: the first command always has an extra row of nulls, so that the answer shows whose it is.
    Marked,
    /// No command has a result. A wrong answer does no harm.
    Harmless,
    /// It may belong to another batch: the commands are sent again one by one.
    Doubtful,
}

/// What happens to commands of one statement with the same key that could share a batch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum DuplicateKeys {
    /// They are sent one after the other.
    Serialize,
    /// With equal parameters, they are sent once and share the answer. Otherwise they are sent one after the other: PostgreSQL
    /// may refuse one and accept the other.
    Coalesce,
}

/// A parameter, or the value of a column.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Value {
    Null,
    Text(String),
    Number(i64),
}

pub(crate) type Params = SmallVec<[Value; 4]>;
pub(crate) type Row = SmallVec<[Value; 3]>;

/// A statement and its parameters. The first one is the key, the session's id in most statements.
pub(crate) struct Command {
    pub(crate) statement: Arc<Statement>,
    pub(crate) params: Params,
}

impl Command {
    /// Returns the key: commands with one key keep their order.
    pub(super) fn key(&self) -> &str {
        self.params.first().and_then(Value::text).unwrap_or_default()
    }

    /// Returns the first column of each row of its answer, `None` for a statement without parameters.
    pub(super) fn echo(&self) -> Option<Cow<'_, str>> {
        self.params.first().map(|param| match param {
            Value::Text(text) => Cow::Borrowed(text.as_str()),
            Value::Number(number) => Cow::Owned(number.to_string()),
            Value::Null => Cow::Borrowed(""),
        })
    }

    /// Returns the size of its parameters, in bytes.
    pub(super) fn size(&self) -> usize {
        self.params.iter().map(Value::size).sum()
    }
}

/// The rows of an answer, without their keys, and without rows that have no result.
#[derive(Default)]
pub(crate) struct Reply {
    pub(crate) rows: SmallVec<[Row; 1]>,
}

/// Why a command failed.
pub(crate) struct Rejected {
    pub(crate) error: Error,
    /// The parameters, to send them again, if the statement had no effect and may succeed: it no longer fits the table, or it
    /// was rolled back.
    pub(crate) again: Option<Box<Params>>,
}

impl Value {
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl Value {
    /// Returns its size in bytes.
    pub(crate) fn size(&self) -> usize {
        self.text().map_or(size_of::<i64>(), str::len)
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
    /// Keeps the parameters for errors after which the call is sent again.
    pub(super) fn of(error: Error, params: impl FnOnce() -> Params) -> Self {
        let again = (error.kind() == ErrorKind::Setup || error.is_rolled_back()).then(|| Box::new(params()));
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
    /// Adds a row without its key, unless it has no result.
    pub(super) fn push(&mut self, row: Row) {
        if row.first().is_some_and(|value| *value != Value::Null) {
            self.rows.push(row);
        }
    }

    /// Returns a column of the only row, if there is one and it is text.
    pub(crate) fn value(&self, column: usize) -> Option<&str> {
        self.rows.first()?.get(column)?.text()
    }
}
