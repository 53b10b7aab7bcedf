//! What is sent to PostgreSQL, and what comes back. No I/O; knows nothing of sessions.

#![cfg_attr(not(feature = "native"), expect(dead_code, reason = "only connections of the store's own send batches"))]

use std::borrow::Cow;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::error::{Error, ErrorKind};

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
    pub(super) fn key(&self) -> &str {
        self.params.first().and_then(Value::text).unwrap_or_default()
    }

    /// The first column of each row of its answer; none if it has no rows.
    pub(super) fn echo(&self) -> Option<Cow<'_, str>> {
        self.params.first().map(|param| match param {
            Value::Text(text) => Cow::Borrowed(text.as_str()),
            Value::Number(number) => Cow::Owned(number.to_string()),
            Value::Null => Cow::Borrowed(""),
        })
    }

    /// About how much memory it takes, in bytes.
    pub(super) fn size(&self) -> usize {
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
    pub(super) fn of(error: Error, params: impl FnOnce() -> Params) -> Self {
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
    pub(super) fn push(&mut self, row: Row) {
        if row.first().is_some_and(|value| *value != Value::Null) {
            self.rows.push(row);
        }
    }

    /// The column of the only row, if there is a row and it is not null.
    pub(crate) fn value(&self, column: usize) -> Option<&str> {
        self.rows.first()?.get(column)?.text()
    }
}
