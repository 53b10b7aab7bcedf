//! One connection: statements out, rows back, by PostgreSQL's
//! [extended query protocol](https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY).
//! Nothing waits for the answer to what was sent before.
//!
//! What the server sends is held against what it has to say next, message by message: an answer that is damaged, doubled or
//! another's ends the connection, and reaches nobody.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use fallible_iterator::FallibleIterator;
use postgres_protocol::IsNull;
use postgres_protocol::message::backend::{self, ErrorResponseBody, Header, Message, RowDescriptionBody};
use postgres_protocol::message::frontend;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::time::{Instant, timeout};

use super::answer::{InFlight, PLAN, PLAN_AFTER_PRELUDE, PLAN_TO_PREPARE, PLAN_UNNAMED, unexpected_message};
use super::batch::{Group, Member};
use super::param::{Written, write_param};
use super::row::Column;
use crate::backend::connect::Stream;
use crate::backend::{Reply, Statement};
use crate::error::{Error, Result};

/// So much is read at once. A buffer that had to grow far beyond is not kept.
const READ: usize = 64 * 1024;
const KEPT: usize = 16 * READ;

const BINARY: i16 = 1;
const GOODBYE: Duration = Duration::from_secs(1);

/// How PostgreSQL says that it ends a connection, and that it runs nothing of what was sent before (SQLSTATE): shut down by
/// an administrator, not ready yet, idle for too long.
const ENDED: [&str; 3] = ["57P01", "57P03", "57P05"];

pub(super) struct Connection<M> {
    reading: ReadHalf<Stream>,
    writing: WriteHalf<Stream>,
    incoming: BytesMut,
    outgoing: BytesMut,
    is_flushed: bool,
    /// How many bytes were handed to the network.
    written: u64,
    /// The longest message of the server, in bytes.
    max_message: usize,
    prepared: Vec<Prepared>,
    in_flight: VecDeque<InFlight<M>>,
    /// Whether the server has said by one of [`ENDED`] that it runs nothing any more.
    is_ended: bool,
}

/// A statement that the server process knows by name.
struct Prepared {
    /// Held, so that no other statement comes to its address.
    statement: Arc<Statement>,
    many: bool,
    name: Arc<str>,
    columns: Arc<[Column]>,
}

/// What came of a group. The replies are in the order of its members.
pub(super) struct Completed<M> {
    pub(super) group: Group<M>,
    pub(super) is_prepared: bool,
    pub(super) outcome: Result<Vec<Reply>>,
}

/// What is known of a group whose connection was lost.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    /// It had no effect, and will have none.
    NotRun,
    /// It may have run, or still run.
    Unknown,
}

impl<M: Member> Connection<M> {
    pub(super) fn new(stream: Stream, max_message: usize) -> Self {
        let (reading, writing) = split(stream);
        Self {
            reading,
            writing,
            incoming: BytesMut::new(),
            outgoing: BytesMut::new(),
            is_flushed: true,
            written: 0,
            max_message,
            prepared: Vec::new(),
            in_flight: VecDeque::new(),
            is_ended: false,
        }
    }

    /// The members in flight, the longest first, each with the time when it was sent.
    pub(super) fn in_flight(&mut self) -> impl Iterator<Item = (Instant, &mut M)> {
        self.in_flight.iter_mut().flat_map(|one| one.group.members.iter_mut().map(|member| (one.sent, member)))
    }

    /// Whether all was handed to the network.
    pub(super) fn is_flushed(&self) -> bool {
        self.is_flushed && self.outgoing.is_empty()
    }

    /// The groups in flight when the connection was lost, in their order. What came without its Sync is rolled back. That a
    /// group was refused is certain with ReadyForQuery only: a pooler that has lost the server says so by an error, too.
    pub(super) fn into_groups(self) -> impl Iterator<Item = (Group<M>, Fate)> {
        let Self { in_flight, written, is_ended, .. } = self;
        in_flight.into_iter().map(move |one| {
            let may_have_run = one.end <= written && (!is_ended || one.is_done());
            (one.group, if may_have_run { Fate::Unknown } else { Fate::NotRun })
        })
    }

    /// Sends a group as one statement. It goes with the next [`transfer`](Self::transfer). The statement is prepared,
    /// unless there is a `preamble`: that runs before it each time, in the same transaction.
    pub(super) fn send(&mut self, group: Group<M>, preamble: Option<&str>) -> Result<(), (Group<M>, Error)> {
        let many = group.members.len() > 1;
        let (plan, name, columns) = match (preamble, self.known(&group.statement, many)) {
            (Some(_), _) => (PLAN_AFTER_PRELUDE, "".into(), None),
            (None, Some(known)) => (PLAN, Arc::clone(&known.name), Some(Arc::clone(&known.columns))),
            (None, None) => match name_of(&group.statement, many) {
                Some(name) => (PLAN_TO_PREPARE, name, None),
                None => (PLAN_UNNAMED, "".into(), None),
            },
        };
        let is_new = columns.is_none();
        let start = self.outgoing.len();
        if let Err(error) = self.write(&group, &name, is_new, preamble) {
            self.outgoing.truncate(start);
            let message = "the call does not fit into a message of PostgreSQL's protocol; store less";
            return Err((group, Error::invalid(message).caused_by(error)));
        }
        let end = self.written + self.outgoing.len() as u64;
        self.in_flight.push_back(InFlight::new(group, plan, name, columns, end));
        Ok(())
    }

    fn known(&self, statement: &Arc<Statement>, many: bool) -> Option<&Prepared> {
        let is_it = |prepared: &&Prepared| prepared.many == many && Arc::ptr_eq(&prepared.statement, statement);
        self.prepared.iter().find(is_it)
    }

    fn write(&mut self, group: &Group<M>, name: &str, is_new: bool, preamble: Option<&str>) -> io::Result<()> {
        let out = &mut self.outgoing;
        if let Some(preamble) = preamble {
            frontend::parse("", preamble, [], out)?;
            bind("", 0, |_, _| Ok(IsNull::Yes), out)?;
            frontend::execute("", 0, out)?;
        }
        let many = group.statement.many.as_ref().filter(|_| group.members.len() > 1);
        if is_new {
            let sql = many.map_or(&group.statement.sql, |many| &many.sql);
            if !name.is_empty() {
                // Of a table that was found anew, or of another caller of the pooler's.
                frontend::close(b'S', name, out)?;
            }
            frontend::parse(name, sql, [], out)?;
            frontend::describe(b'S', name, out)?;
        }
        let sent: Vec<_> = group.distinct().collect();
        let width = sent.first().map_or(0, |command| command.params.len());
        let write = |column, out: &mut BytesMut| write_param(&sent, column, many.is_some(), out);
        bind(name, width, write, out)?;
        frontend::execute("", 0, out)?;
        frontend::sync(out);
        Ok(())
    }

    /// Moves what can be moved of bytes, in one direction. May be dropped at any time.
    pub(super) async fn transfer(&mut self) -> Result<()> {
        let Self { reading, writing, incoming, outgoing, is_flushed, written, .. } = self;
        release_capacity(incoming);
        incoming.reserve(READ);
        let has_outgoing = !outgoing.is_empty() || !*is_flushed;
        let write = async {
            if !outgoing.is_empty() {
                *is_flushed = false;
                // Of what fails, TLS does not tell how much was sent.
                let all = outgoing.len() as u64;
                let bytes = writing.write_buf(outgoing).await.inspect_err(|_| *written += all)?;
                *written += bytes as u64;
                some(bytes, ErrorKind::WriteZero)?;
            }
            if outgoing.is_empty() {
                writing.flush().await?;
                *is_flushed = true;
                release_capacity(outgoing);
            }
            Ok(())
        };
        let moved = tokio::select! {
            biased;
            moved = write, if has_outgoing => moved,
            read = reading.read_buf(incoming) => read.and_then(|bytes| some(bytes, ErrorKind::UnexpectedEof)),
        };
        moved.map_err(lost)
    }

    /// The next group whose answer is complete, if one is.
    pub(super) fn completed(&mut self) -> Result<Option<Completed<M>>> {
        while let Some(header) = Header::parse(&self.incoming).map_err(Error::connection_lost)? {
            // The length counts itself, and not the tag. Memory for it is made as its bytes come in, not by its word.
            let length = 1 + usize::try_from(header.len()).unwrap_or(usize::MAX - 1);
            if length > self.max_message {
                return Err(unexpected_message());
            }
            if self.incoming.len() < length {
                break;
            }
            if self.accept(header.tag(), length)? {
                return self.complete().map(Some);
            }
        }
        Ok(None)
    }

    /// Takes one message. Returns whether the oldest group in flight is answered by it.
    fn accept(&mut self, tag: u8, length: usize) -> Result<bool> {
        match (tag, self.in_flight.front_mut()) {
            (backend::NOTICE_RESPONSE_TAG | backend::PARAMETER_STATUS_TAG | backend::NOTIFICATION_RESPONSE_TAG, _) => {
                self.incoming.advance(length);
            }
            (backend::ERROR_RESPONSE_TAG, _) => {
                let Some(Message::ErrorResponse(body)) = self.parse()? else { return Err(unexpected_message()) };
                let (error, is_fatal) = refusal(&body)?;
                match self.in_flight.front_mut() {
                    Some(oldest) if !is_fatal => oldest.refused(error)?,
                    _ => {
                        self.is_ended = error.sqlstate().is_some_and(|sqlstate| ENDED.contains(&sqlstate));
                        return Err(error);
                    }
                }
            }
            (backend::ROW_DESCRIPTION_TAG, Some(_)) => {
                let Some(Message::RowDescription(body)) = self.parse()? else { return Err(unexpected_message()) };
                let columns = columns(&body)?;
                self.in_flight.front_mut().ok_or_else(unexpected_message)?.described(columns)?;
            }
            (_, Some(oldest)) => {
                let is_complete = oldest.accept(tag, &self.incoming[5..length])?;
                self.incoming.advance(length);
                return Ok(is_complete);
            }
            (_, None) => return Err(unexpected_message()),
        }
        Ok(false)
    }

    fn parse(&mut self) -> Result<Option<Message>> {
        Message::parse(&mut self.incoming).map_err(Error::connection_lost)
    }

    fn complete(&mut self) -> Result<Completed<M>> {
        let one = self.in_flight.pop_front().ok_or_else(unexpected_message)?;
        let is_prepared = !one.name.is_empty();
        if one.is_new && is_prepared && one.error.is_none() {
            self.prepared.retain(|prepared| prepared.name != one.name);
            let (statement, many) = (Arc::clone(&one.group.statement), one.group.members.len() > 1);
            self.prepared.extend(one.columns.map(|columns| Prepared { statement, many, name: one.name, columns }));
        }
        Ok(Completed { group: one.group, is_prepared, outcome: one.error.map_or(Ok(one.replies), Err) })
    }

    /// Ends the session with the server.
    pub(super) async fn close(mut self) {
        frontend::terminate(&mut self.outgoing);
        let goodbye = async {
            self.writing.write_all(&self.outgoing).await?;
            self.writing.shutdown().await
        };
        // The server finds out by itself if it does not hear it.
        let _ = timeout(GOODBYE, goodbye).await;
    }
}

/// The name of a statement says what it does. A pooler may lead a caller to the server process of another: what that has
/// prepared by the name of ours must do the same. None for what comes once, which is not prepared.
fn name_of(statement: &Statement, many: bool) -> Option<Arc<str>> {
    let form = statement.many.as_ref()?;
    let sql = if many { &form.sql } else { &statement.sql };
    let mut hasher = DefaultHasher::new();
    sql.hash(&mut hasher);
    Some(format!("pg_session_{}_{:016x}", statement.name, hasher.finish()).into())
}

fn bind(
    name: &str,
    width: usize,
    write: impl FnMut(usize, &mut BytesMut) -> Written<IsNull>,
    out: &mut BytesMut,
) -> io::Result<()> {
    frontend::bind("", name, [BINARY], 0..width, write, [BINARY], out).map_err(|error| match error {
        frontend::BindError::Serialization(error) => error,
        frontend::BindError::Conversion(error) => io::Error::new(ErrorKind::InvalidInput, error),
    })
}

fn some(bytes: usize, otherwise: ErrorKind) -> io::Result<()> {
    if bytes > 0 { Ok(()) } else { Err(otherwise.into()) }
}

/// Gives a buffer's memory back, where it is empty and had to grow far.
fn release_capacity(buffer: &mut BytesMut) {
    if buffer.is_empty() && buffer.capacity() > KEPT {
        *buffer = BytesMut::new();
    }
}

/// None where a column has a type that no statement asks for.
fn columns(body: &RowDescriptionBody) -> Result<Option<Arc<[Column]>>> {
    let columns: Vec<_> = body.fields().map(|field| Ok(Column::of(field.type_oid()))).collect().map_err(lost)?;
    Ok(columns.into_iter().collect())
}

/// The error, and whether the connection ends by it. PostgreSQL's detail may quote a session id, and is left behind.
fn refusal(body: &ErrorResponseBody) -> Result<(Error, bool)> {
    let (mut sqlstate, mut message, mut is_fatal) = (String::new(), String::new(), false);
    let mut fields = body.fields();
    while let Some(field) = fields.next().map_err(lost)? {
        let value = || String::from_utf8_lossy(field.value_bytes()).into_owned();
        match field.type_() {
            b'C' => sqlstate = value(),
            b'M' => message = value(),
            // In English, whatever the server's language is; poolers leave it out.
            b'V' | b'S' => is_fatal |= matches!(field.value_bytes(), b"FATAL" | b"PANIC"),
            _ => {}
        }
    }
    Ok((Error::refused(&sqlstate, &message), is_fatal))
}

fn lost(error: io::Error) -> Error {
    Error::connection_lost(error)
}
