//! A batch in flight, and the messages that the server must send next about it. No I/O.
//!
//! Each message is checked against those that may come next: a damaged, repeated or foreign answer ends the connection,
//! and is delivered to no caller.

use std::io::{Error as IoError, ErrorKind};
use std::str;
use std::sync::Arc;

use postgres_protocol::message::backend;
use smallvec::smallvec;
use tokio::time::Instant;

use super::batch::Batch;
use super::wire::row::{self, Column};
use crate::backend::command::{Absence, Reply, Value};
use crate::error::{Error, Result};

/// A message of the server, or a series of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Step {
    CloseComplete,
    ParseComplete,
    ParameterDescription,
    /// RowDescription or NoData.
    Columns,
    BindComplete,
    /// CommandComplete of the prelude.
    PreludeComplete,
    /// Rows, then CommandComplete.
    Rows,
    /// ReadyForQuery: the statement is committed.
    Ready,
}

/// The answer to a statement that is being prepared, under a name that may have been in use.
pub(super) const PREPARE: &[Step] = &{
    use Step::{BindComplete, CloseComplete, Columns, ParameterDescription, ParseComplete, Ready, Rows};
    [CloseComplete, ParseComplete, ParameterDescription, Columns, BindComplete, Rows, Ready]
};

/// The answer to a statement without a name.
pub(super) const UNNAMED: &[Step] = PREPARE.split_at(1).1;

/// The answer to a statement that is prepared.
pub(super) const PREPARED: &[Step] = PREPARE.split_at(4).1;

/// The answer to a statement without a name, after a prelude.
pub(super) const AFTER_PRELUDE: &[Step] = &{
    use Step::{BindComplete, Columns, ParameterDescription, ParseComplete, PreludeComplete, Ready, Rows};
    let (parsed, bound) = (ParseComplete, BindComplete); // Of the prelude.
    [parsed, bound, PreludeComplete, ParseComplete, ParameterDescription, Columns, BindComplete, Rows, Ready]
};

/// The server's status in ReadyForQuery outside a transaction.
const IDLE: u8 = b'I';

pub(super) struct Exchange {
    pub(super) batch: Batch,
    pub(super) sent: Instant,
    /// How many bytes the connection has written in all once the request is written.
    pub(super) end: u64,
    /// The name of the prepared statement; empty if it has none.
    pub(super) name: Arc<str>,
    /// Whether the statement is being prepared, or has no name.
    pub(super) is_new: bool,
    pub(super) columns: Option<Arc<[Column]>>,
    pub(super) replies: Vec<Reply>,
    pub(super) error: Option<Error>,
    remaining: &'static [Step],
    /// How many rows have come.
    rows: u64,
    /// The position of the call that the last row was for.
    last: usize,
}

impl Exchange {
    pub(super) fn new(
        batch: Batch,
        steps: &'static [Step],
        name: Arc<str>,
        columns: Option<Arc<[Column]>>,
        end: u64,
    ) -> Self {
        let replies = batch.calls.iter().map(|_| Reply::default()).collect();
        let (sent, is_new) = (Instant::now(), columns.is_none());
        Self { batch, sent, end, name, is_new, columns, replies, error: None, remaining: steps, rows: 0, last: 0 }
    }

    /// Returns whether the statement has run: the server may commit it.
    pub(super) fn has_run(&self) -> bool {
        self.remaining == [Step::Ready]
    }

    /// Takes a message other than ErrorResponse and RowDescription. Returns whether it was the last one.
    pub(super) fn accept(&mut self, tag: u8, body: &[u8]) -> Result<bool> {
        let (step, rest) = self.remaining.split_first().ok_or_else(unexpected_message)?;
        match (tag, step) {
            (backend::DATA_ROW_TAG, Step::Rows) => return self.row(body).map(|()| false),
            (backend::COMMAND_COMPLETE_TAG, Step::Rows) => self.check_count(body)?,
            (backend::CLOSE_COMPLETE_TAG, Step::CloseComplete)
            | (backend::PARSE_COMPLETE_TAG, Step::ParseComplete)
            | (backend::PARAMETER_DESCRIPTION_TAG, Step::ParameterDescription)
            | (backend::BIND_COMPLETE_TAG, Step::BindComplete)
            | (backend::COMMAND_COMPLETE_TAG, Step::PreludeComplete) => {}
            (backend::NO_DATA_TAG, Step::Columns) => self.columns = Some([].into()),
            (backend::READY_FOR_QUERY_TAG, Step::Ready) if body == [IDLE] => {}
            _ => return Err(unexpected_message()),
        }
        self.remaining = rest;
        Ok(rest.is_empty())
    }

    /// Takes a RowDescription. Without `columns`, one has a type that no statement returns: the table has changed since
    /// it was introspected. The answer to a read is then unreadable, but the read has no effect.
    pub(super) fn describe(&mut self, columns: Option<Arc<[Column]>>) -> Result<()> {
        let Some((Step::Columns, rest)) = self.remaining.split_first() else { return Err(unexpected_message()) };
        self.remaining = rest;
        if columns.is_none() {
            if !self.batch.statement.reads_only {
                return Err(unexpected_message());
            }
            self.error = Some(Error::setup("the type of a column has changed since setup() found the table"));
        }
        self.columns = columns;
        Ok(())
    }

    /// Takes an ErrorResponse. Only ReadyForQuery may follow.
    pub(super) fn refuse(&mut self, error: Error) -> Result<()> {
        if self.error.is_some() {
            return Err(unexpected_message());
        }
        self.error = Some(error);
        self.remaining = &[Step::Ready];
        Ok(())
    }

    fn may_have_no_row(&self) -> bool {
        self.batch.is_many() && self.absence() != Some(Absence::Marked)
    }

    fn absence(&self) -> Option<Absence> {
        self.batch.statement.many.as_ref().map(|many| many.absence)
    }

    fn row(&mut self, body: &[u8]) -> Result<()> {
        self.rows += 1;
        let Some(columns) = self.columns.as_deref() else {
            // A row of an unreadable answer.
            return if self.error.is_some() { Ok(()) } else { Err(unexpected_message()) };
        };
        let mut fields = row::fields(body, columns.len())?;
        let key = fields.next()?.flatten().and_then(|key| str::from_utf8(key).ok()).ok_or_else(unexpected_message)?;
        let values = row::values(fields, columns.get(1..).unwrap_or_default())?;
        if let [call] = &self.batch.calls[..] {
            if call.command().echo().as_deref() != Some(key) {
                return Err(unexpected_message());
            }
            self.replies[0].push(values);
            return Ok(());
        }
        if self.absence() == Some(Absence::Marked) && values.iter().all(|value| *value == Value::Null) {
            let is_first = self.batch.calls[0].command().echo().as_deref() == Some(key);
            return if is_first { Ok(()) } else { Err(unexpected_message()) };
        }
        let asked = self.batch.with_key(key, self.last);
        self.last = asked.end;
        let Some((last, others)) = self.replies[asked].split_last_mut() else { return Err(unexpected_message()) };
        if !last.rows.is_empty() {
            // A batch returns one row for a key.
            return Err(unexpected_message());
        }
        others.iter_mut().for_each(|reply| reply.rows = smallvec![values.clone()]);
        last.rows = smallvec![values];
        Ok(())
    }

    /// Checks the number of rows in CommandComplete against those that have arrived.
    fn check_count(&self, body: &[u8]) -> Result<()> {
        let tag = body.strip_suffix(b"\0").and_then(|tag| str::from_utf8(tag).ok()).ok_or_else(unexpected_message)?;
        let count = tag.rsplit(' ').next().and_then(|count| count.parse::<u64>().ok());
        let has_rows = self.columns.as_deref().is_none_or(|columns| !columns.is_empty());
        let is_expected = match count {
            // DDL has no count.
            None => !has_rows,
            Some(count) if has_rows => count == self.rows && (count > 0 || self.may_have_no_row()),
            Some(count) => count == self.batch.commands().count() as u64,
        };
        if is_expected { Ok(()) } else { Err(unexpected_message()) }
    }
}

pub(super) fn unexpected_message() -> Error {
    Error::connection_lost(IoError::new(ErrorKind::InvalidData, "unexpected message from the server"))
}
