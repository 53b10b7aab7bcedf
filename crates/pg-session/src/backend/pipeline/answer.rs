//! A group in flight, and what the server still has to say about it. No I/O.

use std::io::{Error as IoError, ErrorKind};
use std::str;
use std::sync::Arc;

use postgres_protocol::message::backend;
use smallvec::smallvec;
use tokio::time::Instant;

use super::batch::{Group, Member};
use super::row::{self, Column};
use crate::backend::{Absence, Reply, Value};
use crate::error::{Error, Result};

/// One thing that the server has to say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Step {
    /// CloseComplete.
    Closed,
    /// ParseComplete.
    Parsed,
    /// ParameterDescription.
    Parameters,
    /// RowDescription or NoData.
    Columns,
    /// BindComplete.
    Bound,
    /// CommandComplete, of the prelude.
    PreludeDone,
    /// Rows, and then CommandComplete.
    Done,
    /// ReadyForQuery: what was done is committed.
    Ready,
}

/// What is said about a statement that is prepared, in this order.
pub(super) const PLAN: &[Step] = &[Step::Bound, Step::Done, Step::Ready];

/// The same about one that is being prepared under a name that may be in use.
pub(super) const PLAN_TO_PREPARE: &[Step] =
    &[Step::Closed, Step::Parsed, Step::Parameters, Step::Columns, Step::Bound, Step::Done, Step::Ready];

/// The same about one without a name.
pub(super) const PLAN_UNNAMED: &[Step] =
    &[Step::Parsed, Step::Parameters, Step::Columns, Step::Bound, Step::Done, Step::Ready];

/// The same, where settings are made before it in the same transaction.
pub(super) const PLAN_AFTER_PRELUDE: &[Step] = &[
    Step::Parsed,
    Step::Bound,
    Step::PreludeDone,
    Step::Parsed,
    Step::Parameters,
    Step::Columns,
    Step::Bound,
    Step::Done,
    Step::Ready,
];

/// The server's status in ReadyForQuery outside of a transaction.
const IDLE: u8 = b'I';

pub(super) struct InFlight<M> {
    pub(super) group: Group<M>,
    pub(super) sent: Instant,
    /// How many bytes the connection has written once all of it is.
    pub(super) end: u64,
    /// The name it is prepared by; empty if it is not.
    pub(super) name: Arc<str>,
    pub(super) is_new: bool,
    pub(super) columns: Option<Arc<[Column]>>,
    pub(super) replies: Vec<Reply>,
    pub(super) error: Option<Error>,
    /// What is still to be said.
    plan: &'static [Step],
    /// How many rows have come.
    rows: u64,
    /// The member that the last row was for.
    last: usize,
}

impl<M: Member> InFlight<M> {
    pub(super) fn new(
        group: Group<M>,
        plan: &'static [Step],
        name: Arc<str>,
        columns: Option<Arc<[Column]>>,
        end: u64,
    ) -> Self {
        let replies = group.members.iter().map(|_| Reply::default()).collect();
        let is_new = columns.is_none();
        let sent = Instant::now();
        Self { group, sent, end, name, is_new, columns, replies, error: None, plan, rows: 0, last: 0 }
    }

    /// Whether the statement has run, so that the server may commit it.
    pub(super) fn is_done(&self) -> bool {
        self.plan == [Step::Ready]
    }

    /// Takes a message other than an error or a row description. Returns whether it was the last one.
    pub(super) fn accept(&mut self, tag: u8, body: &[u8]) -> Result<bool> {
        let (step, rest) = self.plan.split_first().ok_or_else(unexpected_message)?;
        match (tag, step) {
            (backend::DATA_ROW_TAG, Step::Done) => return self.row(body).map(|()| false),
            (backend::COMMAND_COMPLETE_TAG, Step::Done) => self.done(body)?,
            (backend::CLOSE_COMPLETE_TAG, Step::Closed)
            | (backend::PARSE_COMPLETE_TAG, Step::Parsed)
            | (backend::PARAMETER_DESCRIPTION_TAG, Step::Parameters)
            | (backend::BIND_COMPLETE_TAG, Step::Bound)
            | (backend::COMMAND_COMPLETE_TAG, Step::PreludeDone) => {}
            (backend::NO_DATA_TAG, Step::Columns) => self.columns = Some([].into()),
            (backend::READY_FOR_QUERY_TAG, Step::Ready) if body == [IDLE] => {}
            _ => return Err(unexpected_message()),
        }
        self.plan = rest;
        Ok(rest.is_empty())
    }

    /// The columns of its rows; none where one has a type that no statement asks for: then the table has changed since it
    /// was looked at. What only reads has no effect by then.
    pub(super) fn described(&mut self, columns: Option<Arc<[Column]>>) -> Result<()> {
        let Some((Step::Columns, rest)) = self.plan.split_first() else { return Err(unexpected_message()) };
        self.plan = rest;
        if columns.is_none() {
            if !self.group.statement.reads_only {
                return Err(unexpected_message());
            }
            self.error = Some(Error::setup("a column has another type than when setup() looked at the table"));
        }
        self.columns = columns;
        Ok(())
    }

    /// The server refuses it, and says nothing else but that it is ready.
    pub(super) fn refused(&mut self, error: Error) -> Result<()> {
        if self.error.is_some() {
            return Err(unexpected_message());
        }
        self.error = Some(error);
        self.plan = &[Step::Ready];
        Ok(())
    }

    fn may_have_no_row(&self) -> bool {
        self.group.members.len() > 1 && self.absence() != Some(Absence::Marked)
    }

    fn absence(&self) -> Option<Absence> {
        self.group.statement.many.as_ref().map(|many| many.absence)
    }

    fn row(&mut self, body: &[u8]) -> Result<()> {
        self.rows += 1;
        let Some(columns) = self.columns.as_deref() else {
            // Of an answer that nobody can read.
            return if self.error.is_some() { Ok(()) } else { Err(unexpected_message()) };
        };
        let mut fields = row::fields(body, columns.len())?;
        let key = fields.next()?.flatten().and_then(|key| str::from_utf8(key).ok()).ok_or_else(unexpected_message)?;
        let values = row::values(fields, columns.get(1..).unwrap_or_default())?;
        if let [member] = &self.group.members[..] {
            if member.command().echo().as_deref() != Some(key) {
                return Err(unexpected_message());
            }
            self.replies[0].push(values);
            return Ok(());
        }
        if self.absence() == Some(Absence::Marked) && values.iter().all(|value| *value == Value::Null) {
            let is_first = self.group.members[0].command().echo().as_deref() == Some(key);
            return if is_first { Ok(()) } else { Err(unexpected_message()) };
        }
        let asked = self.group.with_key(key, self.last);
        self.last = asked.end;
        let Some((last, others)) = self.replies[asked].split_last_mut() else { return Err(unexpected_message()) };
        if !last.rows.is_empty() {
            // Twice for one of many.
            return Err(unexpected_message());
        }
        others.iter_mut().for_each(|reply| reply.rows = smallvec![values.clone()]);
        last.rows = smallvec![values];
        Ok(())
    }

    /// The statement is done: all its rows have come, and as many as there must be.
    fn done(&self, body: &[u8]) -> Result<()> {
        let tag = body.strip_suffix(b"\0").and_then(|tag| str::from_utf8(tag).ok()).ok_or_else(unexpected_message)?;
        let count = tag.rsplit(' ').next().and_then(|count| count.parse::<u64>().ok());
        let has_rows = self.columns.as_deref().is_none_or(|columns| !columns.is_empty());
        let expected = match count {
            // A statement without parameters, which defines something.
            None => !has_rows,
            Some(count) if has_rows => count == self.rows && (count > 0 || self.may_have_no_row()),
            Some(count) => count == self.group.distinct().count() as u64,
        };
        if expected { Ok(()) } else { Err(unexpected_message()) }
    }
}

pub(super) fn unexpected_message() -> Error {
    Error::connection_lost(IoError::new(ErrorKind::InvalidData, "unexpected message from the server"))
}
