//! One connection: statements out, rows back. A batch may be sent before the answer to the last one has come.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use postgres_protocol::message::backend::{self, Header, Message};
use postgres_protocol::message::frontend;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout};
use tokio_util::io::{poll_read_buf, poll_write_buf};

use super::batch::Batch;
use super::call::Call;
use super::exchange::{self, Exchange, unexpected_message};
use super::wire::request::{self, Form, statement_name};
use super::wire::row::{self, Column};
use super::wire::server_error::ServerError;
use crate::backend::command::{Reply, Statement};
use crate::backend::connect::Stream;
use crate::error::{Error, Result};

/// How many bytes are read at once, and the largest buffer that is kept for reuse.
const READ: usize = 64 * 1024;
const MAX_KEPT: usize = 16 * READ;

/// A connection that was idle for longer is probed before a call is sent: firewalls drop idle connections without a word. One
/// that does not answer the probe in time is replaced.
const FRESH: Duration = Duration::from_secs(1);
const PROBE_TIMEOUT: Duration = Duration::from_millis(500);

/// How long closing waits for the server to take the last message.
const TERMINATE_TIMEOUT: Duration = Duration::from_secs(1);

pub(super) struct Connection {
    stream: Stream,
    incoming: BytesMut,
    outgoing: BytesMut,
    /// The most that `outgoing` has held since it was created.
    largest_outgoing: usize,
    is_flushed: bool,
    /// How many bytes were written to the stream.
    written: u64,
    /// The longest message that the server may send, in bytes.
    max_message: usize,
    prepared: Vec<Prepared>,
    in_flight: VecDeque<Exchange>,
    /// When the last answered batch was sent.
    last_sent: Instant,
    /// When bytes last arrived.
    last_read: Instant,
    /// Whether the server has announced that it runs nothing more.
    is_ended: bool,
}

/// A statement that the server process knows by name.
struct Prepared {
    /// Kept alive, so that no other statement gets its address.
    statement: Arc<Statement>,
    is_many: bool,
    name: Arc<str>,
    columns: Arc<[Column]>,
}

/// The outcome of a batch. The replies are in the order of its calls.
pub(super) struct Completed {
    pub(super) batch: Batch,
    pub(super) is_prepared: bool,
    pub(super) outcome: Result<Vec<Reply>>,
}

/// What is known of a batch whose connection was lost.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    /// It had no effect, and will have none.
    NotRun,
    /// It may have run, or still run.
    Unknown,
}

impl Connection {
    pub(super) fn new(stream: Stream, max_message: usize) -> Self {
        Self {
            stream,
            incoming: BytesMut::new(),
            outgoing: BytesMut::new(),
            largest_outgoing: 0,
            is_flushed: true,
            written: 0,
            max_message,
            prepared: Vec::new(),
            in_flight: VecDeque::new(),
            last_sent: Instant::now(),
            last_read: Instant::now(),
            is_ended: false,
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// Returns the calls in flight, the oldest first, each with the time when it was sent.
    pub(super) fn calls_in_flight(&mut self) -> impl Iterator<Item = (Instant, &mut Call)> {
        self.in_flight.iter_mut().flat_map(|one| one.batch.calls.iter_mut().map(|call| (one.sent, call)))
    }

    /// Returns whether everything was handed to the network.
    pub(super) fn is_flushed(&self) -> bool {
        self.is_flushed && self.outgoing.is_empty()
    }

    /// Returns the batches that were in flight when the connection was lost, in their order.
    ///
    /// The server rolls back what came without its Sync. An ErrorResponse alone does not prove that a batch had no effect: a
    /// pooler sends one, too, when it loses its server. Only the ReadyForQuery after it does.
    pub(super) fn into_batches(self) -> impl Iterator<Item = (Batch, Fate)> {
        let Self { in_flight, written, is_ended, .. } = self;
        in_flight.into_iter().map(move |one| {
            let may_have_run = one.end <= written && (!is_ended || one.has_run());
            (one.batch, if may_have_run { Fate::Unknown } else { Fate::NotRun })
        })
    }

    /// Appends a batch to what the next [`transfer`](Self::transfer) sends. The statement is prepared, unless there is a
    /// `prelude`, which runs before it each time, in the same transaction.
    pub(super) fn send(&mut self, batch: Batch, prelude: Option<&str>) -> Result<(), (Batch, Error)> {
        let known = self.prepared(&batch);
        let (name, columns) = match (prelude, known) {
            (Some(_), _) => (None, None),
            (None, Some(known)) => (Some(Arc::clone(&known.name)), Some(Arc::clone(&known.columns))),
            (None, None) => (statement_name(&batch.statement, batch.is_many()), None),
        };
        let (form, steps) = match (prelude, &name, &columns) {
            (Some(prelude), ..) => (Form::AfterPrelude(prelude), exchange::AFTER_PRELUDE),
            (None, Some(name), Some(_)) => (Form::Prepared(name), exchange::PREPARED),
            (None, Some(name), None) => (Form::Prepare(name), exchange::PREPARE),
            (None, None, _) => (Form::Unnamed, exchange::UNNAMED),
        };
        let start = self.outgoing.len();
        if let Err(error) = request::write(&batch, &form, &mut self.outgoing) {
            self.outgoing.truncate(start);
            let message = "the call does not fit into a message of PostgreSQL's protocol; store less";
            return Err((batch, Error::invalid(message).caused_by(error)));
        }
        self.largest_outgoing = self.largest_outgoing.max(self.outgoing.len());
        let end = self.written + self.outgoing.len() as u64;
        self.in_flight.push_back(Exchange::new(batch, steps, name.unwrap_or_default(), columns, end));
        Ok(())
    }

    fn prepared(&self, batch: &Batch) -> Option<&Prepared> {
        self.prepared
            .iter()
            .find(|prepared| prepared.is_many == batch.is_many() && Arc::ptr_eq(&prepared.statement, &batch.statement))
    }

    /// Moves bytes in one direction. Cancel safe.
    pub(super) async fn transfer(&mut self) -> Result<()> {
        release_capacity(&mut self.incoming);
        self.incoming.reserve(READ);
        poll_fn(|context| self.poll_transfer(context)).await.map_err(Error::connection_lost)
    }

    fn poll_transfer(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_flushed()
            && let Poll::Ready(written) = self.poll_write(context)
        {
            return Poll::Ready(written);
        }
        let read = ready!(poll_read_buf(Pin::new(&mut self.stream), context, &mut self.incoming));
        self.last_read = Instant::now();
        Poll::Ready(read.and_then(|bytes| at_least_one(bytes, ErrorKind::UnexpectedEof)))
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, outgoing, largest_outgoing, is_flushed, written, .. } = self;
        if !outgoing.is_empty() {
            *is_flushed = false;
            // After an error, TLS does not say how much was sent.
            let all = outgoing.len() as u64;
            let bytes = ready!(poll_write_buf(Pin::new(&mut *stream), context, outgoing));
            *written += bytes.as_ref().map_or(all, |bytes| *bytes as u64);
            at_least_one(bytes?, ErrorKind::WriteZero)?;
        }
        if outgoing.is_empty() {
            ready!(Pin::new(stream).poll_flush(context))?;
            *is_flushed = true;
            // Its capacity does not count what was written and removed.
            if *largest_outgoing > MAX_KEPT {
                *outgoing = BytesMut::new();
                *largest_outgoing = 0;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Returns the tag and the length of the next message once all of it has arrived.
    fn next_message(&self) -> Result<Option<(u8, usize)>> {
        let Some(header) = Header::parse(&self.incoming).map_err(Error::connection_lost)? else { return Ok(None) };
        // The length includes itself, but not the tag. No memory is reserved for it: the buffer grows as bytes arrive.
        let length = 1 + usize::try_from(header.len()).unwrap_or(usize::MAX - 1);
        if length > self.max_message {
            return Err(unexpected_message());
        }
        Ok((self.incoming.len() >= length).then(|| (header.tag(), length)))
    }

    /// Returns the oldest batch in flight once its answer is complete.
    pub(super) fn next_completed(&mut self) -> Result<Option<Completed>> {
        while let Some((tag, length)) = self.next_message()? {
            if self.accept(tag, length)? {
                return self.complete().map(Some);
            }
        }
        Ok(None)
    }

    /// Takes one message. Returns whether it completes the answer to the oldest batch in flight.
    fn accept(&mut self, tag: u8, length: usize) -> Result<bool> {
        match tag {
            backend::NOTICE_RESPONSE_TAG | backend::PARAMETER_STATUS_TAG | backend::NOTIFICATION_RESPONSE_TAG => {
                self.incoming.advance(length);
            }
            backend::ERROR_RESPONSE_TAG => {
                let Some(Message::ErrorResponse(body)) = self.parse()? else { return Err(unexpected_message()) };
                let refused = ServerError::read(&body)?;
                match self.in_flight.front_mut() {
                    Some(oldest) if !refused.is_fatal => oldest.refuse(refused.error)?,
                    _ => {
                        self.is_ended = refused.ends_all();
                        return Err(refused.error);
                    }
                }
            }
            backend::ROW_DESCRIPTION_TAG => {
                let Some(Message::RowDescription(body)) = self.parse()? else { return Err(unexpected_message()) };
                let columns = row::columns(&body)?;
                self.in_flight.front_mut().ok_or_else(unexpected_message)?.describe(columns)?;
            }
            _ => {
                let oldest = self.in_flight.front_mut().ok_or_else(unexpected_message)?;
                let is_complete = oldest.accept(tag, &self.incoming[5..length])?;
                self.incoming.advance(length);
                return Ok(is_complete);
            }
        }
        Ok(false)
    }

    fn parse(&mut self) -> Result<Option<Message>> {
        Message::parse(&mut self.incoming).map_err(Error::connection_lost)
    }

    fn complete(&mut self) -> Result<Completed> {
        let one = self.in_flight.pop_front().ok_or_else(unexpected_message)?;
        self.last_sent = one.sent;
        let is_prepared = !one.name.is_empty();
        if one.is_new && is_prepared && one.error.is_none() {
            self.prepared.retain(|prepared| prepared.name != one.name);
            let (statement, is_many) = (Arc::clone(&one.batch.statement), one.batch.is_many());
            self.prepared.extend(one.columns.map(|columns| Prepared { statement, is_many, name: one.name, columns }));
        }
        Ok(Completed { batch: one.batch, is_prepared, outcome: one.error.map_or(Ok(one.replies), Err) })
    }

    /// Returns when the last answered batch was sent.
    pub(super) fn last_sent(&self) -> Instant {
        self.last_sent
    }

    /// Returns when bytes last arrived.
    pub(super) fn last_read(&self) -> Instant {
        self.last_read
    }

    /// Returns whether it is idle and a firewall may have dropped it: it has been idle for long, or heard nothing since another
    /// connection was slow to answer.
    pub(super) fn may_be_stale(&self, now: Instant, suspected_at: Option<Instant>) -> bool {
        let is_old = now.saturating_duration_since(self.last_sent) > FRESH;
        self.is_idle() && (is_old || suspected_at.is_some_and(|suspected_at| self.last_read < suspected_at))
    }

    /// Checks that an idle connection still reaches the server.
    pub(super) async fn probe(&mut self) -> Result<()> {
        frontend::sync(&mut self.outgoing);
        let answer = async {
            loop {
                self.transfer().await?;
                while let Some((tag, length)) = self.next_message()? {
                    if tag == backend::READY_FOR_QUERY_TAG {
                        self.incoming.advance(length);
                        return Ok(());
                    }
                    self.accept(tag, length)?;
                }
            }
        };
        timeout(PROBE_TIMEOUT, answer).await.unwrap_or_else(|_| Err(Error::no_answer_within(PROBE_TIMEOUT)))?;
        self.last_sent = Instant::now();
        Ok(())
    }

    /// Ends the session with the server.
    pub(super) async fn close(mut self) {
        frontend::terminate(&mut self.outgoing);
        let terminate = async {
            self.stream.write_all(&self.outgoing).await?;
            self.stream.shutdown().await
        };
        // A server that does not get it notices the closed socket.
        let _ = timeout(TERMINATE_TIMEOUT, terminate).await;
    }
}

fn at_least_one(bytes: usize, otherwise: ErrorKind) -> io::Result<()> {
    if bytes > 0 { Ok(()) } else { Err(otherwise.into()) }
}

/// Frees the memory of an empty buffer that has grown large.
fn release_capacity(buffer: &mut BytesMut) {
    if buffer.is_empty() && buffer.capacity() > MAX_KEPT {
        *buffer = BytesMut::new();
    }
}
