//! The task of a lane: it connects, sends the calls that wait, and answers them.
//!
//! A batch holds what arrived while the last one was in flight: nothing waits for a timer, and a lone call is sent at once.

mod settle;

use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::backoff::Backoff;
use super::batch::Batch;
use super::call::Call;
use super::connection::Connection;
use super::handle::LaneHandle;
use crate::error::{Error, ErrorKind, Result};

/// A batch in flight for longer is slow: calls of its kind no longer wait for it.
const SLOW: Duration = Duration::from_millis(50);

pub(super) struct Lane {
    handle: LaneHandle,
    backoff: Option<Backoff>,
    /// Fires at the latest when the oldest call expires, or when what was sent becomes slow.
    clock: Pin<Box<Sleep>>,
    /// The calls to send again once the connection is gone.
    again: Vec<Call>,
    /// Whether the last batch had several calls.
    is_busy: bool,
    /// Whether the connection has answered a call. A login alone does not end an outage: a pooler accepts it while its server
    /// is down.
    has_answered: bool,
}

impl Lane {
    pub(super) async fn run(handle: LaneHandle) {
        let clock = Box::pin(sleep(handle.shared.timeout));
        let mut lane = Self { handle, backoff: None, clock, again: Vec::new(), is_busy: false, has_answered: false };
        loop {
            lane.handle.work().await;
            if lane.handle.shared.is_drained() {
                return;
            }
            if let Some(connection) = lane.connect().await {
                lane.serve(connection).await;
            }
        }
    }

    /// Returns `None` after a failure. In a long outage, the calls that wait fail with it.
    async fn connect(&mut self) -> Option<Connection> {
        if let Some(until) = self.backoff.as_ref().map(|backoff| backoff.until) {
            self.run_with_timeouts(sleep_until(until)).await;
        }
        let shared = Arc::clone(&self.handle.shared);
        match self.run_with_timeouts(shared.dialer.connect()).await {
            Ok(connection) => Some(connection),
            Err(error) => {
                self.backoff = Some(Backoff::after(self.backoff.take()));
                let given_up = shared.give_up(error.kind() == ErrorKind::Configuration);
                given_up.into_iter().for_each(|mut call| call.answer(Err(error.clone())));
                None
            }
        }
    }

    /// Serves calls until the connection is lost or the store closes.
    async fn serve(&mut self, mut connection: Connection) {
        self.handle.online();
        self.has_answered = false;
        match self.drive(&mut connection).await {
            Ok(()) => {
                self.handle.offline(Vec::new());
                connection.close().await;
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    sqlstate = error.sqlstate(),
                    "lost a connection to PostgreSQL"
                );
                self.recover(connection, error);
                self.handle.offline(mem::take(&mut self.again));
                if !self.has_answered {
                    self.backoff = Some(Backoff::after(self.backoff.take()));
                }
            }
        }
    }

    async fn drive(&mut self, connection: &mut Connection) -> Result<()> {
        loop {
            while let Some(completed) = connection.next_completed()? {
                self.settle(completed)?;
            }
            if connection.is_idle() && self.handle.shared.is_drained() {
                return Ok(());
            }
            let may_send = connection.is_idle() || self.handle.shared.dialer.may_pipeline();
            tokio::select! {
                biased;
                moved = connection.transfer() => moved?,
                // Sends only after everything before was written, which bounds the bytes in flight.
                () = self.handle.work(), if may_send && connection.is_flushed() => self.send(connection).await,
                () = &mut self.clock => self.check_timeouts(Some(connection))?,
            }
        }
    }

    /// Sends the next batch.
    async fn send(&mut self, connection: &mut Connection) {
        if self.is_busy {
            // The callers that were just answered run first: their next calls join this batch.
            yield_now().await;
        }
        // Read once: another lane may find a pooler at any time.
        let shared = Arc::clone(&self.handle.shared);
        let prelude = shared.dialer.prelude();
        let calls = self.handle.take(prelude.is_none());
        self.is_busy = calls.len() > 1;
        let slow_at = Instant::now() + SLOW;
        if self.clock.deadline() > slow_at {
            self.clock.as_mut().reset(slow_at);
        }
        for mut batch in Batch::split(calls) {
            batch.calls.iter_mut().for_each(|call| call.attempts += 1);
            if let Err((batch, error)) = connection.send(batch, prelude) {
                self.refuse(batch, &error);
            }
        }
    }

    /// Runs a future, and fails calls that expire in the meantime.
    async fn run_with_timeouts<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        loop {
            tokio::select! {
                done = &mut future => return done,
                // Without a connection, there is none to give up.
                () = &mut self.clock => drop(self.check_timeouts(None)),
            }
        }
    }

    /// Fails calls that have expired, and reports slow batches to the queue. Gives up a connection that is silent for long.
    fn check_timeouts(&mut self, connection: Option<&mut Connection>) -> Result<()> {
        let shared = &self.handle.shared;
        let (now, limit) = (Instant::now(), shared.timeout);
        shared.expire(now).iter_mut().for_each(|call| call.answer(Err(Error::not_run_within(limit))));
        let mut next = now + limit;
        let mut is_slow = false;
        for (sent, call) in connection.into_iter().flat_map(Connection::calls_in_flight) {
            match sent + SLOW {
                slow_at if slow_at > now => next = next.min(slow_at),
                _ => is_slow = true,
            }
            if call.deadline() > now {
                next = next.min(call.deadline());
                continue;
            }
            call.answer(Err(Error::no_answer_within(limit)));
            let silent_until = sent + 2 * limit;
            if silent_until <= now {
                return Err(Error::no_answer_within(2 * limit));
            }
            next = next.min(silent_until);
        }
        next = shared.next_deadline().map_or(next, |deadline| next.min(deadline));
        self.clock.as_mut().reset(next);
        if is_slow {
            self.handle.mark_slow();
        }
        Ok(())
    }
}
