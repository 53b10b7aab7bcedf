//! One connection: statements out, rows back, by PostgreSQL's
//! [extended query protocol](https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY).
//! Nothing waits for the answer to what was sent before.

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
use smallvec::smallvec;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::time::{Instant, timeout};

use super::batch::{Group, Member};
use super::connect::Stream;
use super::param::{Written, write_param};
use super::row::{self, Column};
use crate::backend::{Reply, Statement};
use crate::error::{Error, Result};

/// So much is read at once. A buffer that had to grow far beyond is not kept.
const READ: usize = 64 * 1024;
const KEPT: usize = 16 * READ;

const BINARY: i16 = 1;
const GOODBYE: Duration = Duration::from_secs(1);

pub(super) struct Connection<M> {
    reading: ReadHalf<Stream>,
    writing: WriteHalf<Stream>,
    incoming: BytesMut,
    outgoing: BytesMut,
    is_flushed: bool,
    prepared: Vec<Prepared>,
    flying: VecDeque<Flight<M>>,
    /// What the server said before it closed.
    farewell: Option<Error>,
}

/// A statement that the server process knows by name.
struct Prepared {
    /// Held, so that no other statement comes to its address.
    statement: Arc<Statement>,
    many: bool,
    name: Arc<str>,
    columns: Arc<[Column]>,
}

/// A group under way.
struct Flight<M> {
    group: Group<M>,
    sent: Instant,
    /// The name it is prepared by; empty if it is not.
    name: Arc<str>,
    is_new: bool,
    columns: Option<Arc<[Column]>>,
    replies: Vec<Reply>,
    /// The member that the last row was for.
    last: usize,
    error: Option<Error>,
}

/// What came of a group. The replies are in the order of its members.
pub(super) struct Landed<M> {
    pub(super) group: Group<M>,
    pub(super) is_prepared: bool,
    pub(super) outcome: Result<Vec<Reply>>,
}

impl<M: Member> Connection<M> {
    pub(super) fn new(stream: Stream) -> Self {
        let (reading, writing) = split(stream);
        Self {
            reading,
            writing,
            incoming: BytesMut::new(),
            outgoing: BytesMut::new(),
            is_flushed: true,
            prepared: Vec::new(),
            flying: VecDeque::new(),
            farewell: None,
        }
    }

    /// The members under way, the longest first, each with the time when it was sent.
    pub(super) fn flying(&mut self) -> impl Iterator<Item = (Instant, &mut M)> {
        self.flying.iter_mut().flat_map(|flight| flight.group.members.iter_mut().map(|member| (flight.sent, member)))
    }

    /// Whether all was handed to the network.
    pub(super) fn is_flushed(&self) -> bool {
        self.is_flushed && self.outgoing.is_empty()
    }

    pub(super) fn into_groups(self) -> impl Iterator<Item = Group<M>> {
        self.flying.into_iter().map(|flight| flight.group)
    }

    /// Sends a group as one statement. It goes with the next [`transfer`](Self::transfer). The statement is prepared,
    /// unless there is a `preamble`: that runs before it each time, in the same transaction.
    pub(super) fn send(&mut self, group: Group<M>, preamble: Option<&str>) -> Result<(), (Group<M>, Error)> {
        let many = group.members.len() > 1;
        let (name, columns) = match (preamble, self.known(&group.statement, many)) {
            (Some(_), _) => ("".into(), None),
            (None, Some(known)) => (Arc::clone(&known.name), Some(Arc::clone(&known.columns))),
            (None, None) => (name_of(&group.statement, many), None),
        };
        let is_new = columns.is_none();
        let start = self.outgoing.len();
        if let Err(error) = self.write(&group, &name, is_new, preamble) {
            self.outgoing.truncate(start);
            let message = "the call does not fit into a message of PostgreSQL's protocol; store less";
            return Err((group, Error::invalid(message).caused_by(error)));
        }
        let replies = group.members.iter().map(|_| Reply::default()).collect();
        let sent = Instant::now();
        self.flying.push_back(Flight { group, sent, name, is_new, columns, replies, last: 0, error: None });
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
        let Self { reading, writing, incoming, outgoing, is_flushed, .. } = self;
        renew(incoming);
        incoming.reserve(READ);
        let has_outgoing = !outgoing.is_empty() || !*is_flushed;
        let write = async {
            if !outgoing.is_empty() {
                *is_flushed = false;
                some(writing.write_buf(outgoing).await?, ErrorKind::WriteZero)?;
            }
            if outgoing.is_empty() {
                writing.flush().await?;
                *is_flushed = true;
                renew(outgoing);
            }
            Ok(())
        };
        let moved = tokio::select! {
            biased;
            written = write, if has_outgoing => written,
            read = reading.read_buf(incoming) => read.and_then(|bytes| some(bytes, ErrorKind::UnexpectedEof)),
        };
        moved.map_err(|error| self.farewell.take().unwrap_or_else(|| lost(error)))
    }

    /// The next group whose answer is complete, if one is.
    pub(super) fn landed(&mut self) -> Result<Option<Landed<M>>> {
        while let Some(header) = Header::parse(&self.incoming).map_err(Error::connection_lost)? {
            // The length counts itself, and not the tag.
            let length = 1 + usize::try_from(header.len()).unwrap_or(0);
            if self.incoming.len() < length {
                self.incoming.reserve(length - self.incoming.len());
                break;
            }
            match header.tag() {
                backend::DATA_ROW_TAG => {
                    let flight = self.flying.front_mut().ok_or_else(out_of_step)?;
                    flight.row(&self.incoming[5..length])?;
                    self.incoming.advance(length);
                }
                backend::ROW_DESCRIPTION_TAG | backend::ERROR_RESPONSE_TAG => self.describe_or_fail()?,
                backend::NO_DATA_TAG => {
                    self.flying.front_mut().ok_or_else(out_of_step)?.columns = Some([].into());
                    self.incoming.advance(length);
                }
                backend::READY_FOR_QUERY_TAG => {
                    self.incoming.advance(length);
                    return self.land().map(Some);
                }
                _ => self.incoming.advance(length),
            }
        }
        Ok(None)
    }

    fn describe_or_fail(&mut self) -> Result<()> {
        let flight = self.flying.front_mut();
        match (Message::parse(&mut self.incoming).map_err(Error::connection_lost)?, flight) {
            (Some(Message::RowDescription(body)), Some(flight)) => flight.columns = Some(columns(&body)?),
            (Some(Message::ErrorResponse(body)), Some(flight)) => flight.error = Some(refusal(&body)?),
            (Some(Message::ErrorResponse(body)), None) => self.farewell = Some(refusal(&body)?),
            _ => return Err(out_of_step()),
        }
        Ok(())
    }

    fn land(&mut self) -> Result<Landed<M>> {
        let Flight { group, name, is_new, columns, replies, error, .. } =
            self.flying.pop_front().ok_or_else(out_of_step)?;
        let is_prepared = !name.is_empty();
        if is_new && is_prepared {
            self.prepared.retain(|prepared| prepared.name != name);
            let (statement, many) = (Arc::clone(&group.statement), group.members.len() > 1);
            self.prepared.extend(columns.map(|columns| Prepared { statement, many, name, columns }));
        }
        Ok(Landed { group, is_prepared, outcome: error.map_or(Ok(replies), Err) })
    }

    /// Takes leave of the server.
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

impl<M: Member> Flight<M> {
    fn row(&mut self, body: &[u8]) -> Result<()> {
        let columns = self.columns.as_deref().ok_or_else(out_of_step)?;
        let mut fields = row::fields(body)?;
        if self.group.members.len() == 1 {
            self.replies[0].rows.push(row::values(fields, columns)?);
            return Ok(());
        }
        let key = fields.next()?.flatten().and_then(|key| std::str::from_utf8(key).ok()).ok_or_else(out_of_step)?;
        let asked = self.group.with_key(key, self.last);
        self.last = asked.end;
        let values = row::values(fields, columns.get(1..).unwrap_or_default())?;
        let Some((last, others)) = self.replies[asked].split_last_mut() else { return Err(out_of_step()) };
        others.iter_mut().for_each(|reply| reply.rows = smallvec![values.clone()]);
        last.rows = smallvec![values];
        Ok(())
    }
}

/// The name of a statement says what it does. A pooler may lead a caller to the server process of another: what that has
/// prepared by the name of ours must do the same. Empty for what comes once, which is not prepared.
fn name_of(statement: &Statement, many: bool) -> Arc<str> {
    let Some(form) = &statement.many else { return "".into() };
    let sql = if many { &form.sql } else { &statement.sql };
    let mut hasher = DefaultHasher::new();
    sql.hash(&mut hasher);
    format!("pg_session_{}_{:016x}", statement.name, hasher.finish()).into()
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
fn renew(buffer: &mut BytesMut) {
    if buffer.is_empty() && buffer.capacity() > KEPT {
        *buffer = BytesMut::new();
    }
}

fn columns(body: &RowDescriptionBody) -> Result<Arc<[Column]>> {
    let columns: Vec<_> = body.fields().map(|field| Ok(Column::of(field.type_oid()))).collect().map_err(lost)?;
    Ok(columns.into())
}

/// PostgreSQL's detail may quote a session id, and is left behind.
fn refusal(body: &ErrorResponseBody) -> Result<Error> {
    let (mut sqlstate, mut message) = (String::new(), String::new());
    let mut fields = body.fields();
    while let Some(field) = fields.next().map_err(lost)? {
        let value = || String::from_utf8_lossy(field.value_bytes()).into_owned();
        match field.type_() {
            b'C' => sqlstate = value(),
            b'M' => message = value(),
            _ => {}
        }
    }
    Ok(Error::refused(&sqlstate, &message))
}

fn lost(error: io::Error) -> Error {
    Error::connection_lost(error)
}

fn out_of_step() -> Error {
    lost(io::Error::new(ErrorKind::InvalidData, "its answers do not fit what was asked"))
}
