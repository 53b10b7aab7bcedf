//! The task of a lane: it connects, sends the calls that wait, and answers them.
//!
//! A batch holds what arrived while the last one was in flight: nothing waits for a timer, and a lone call is sent at once.

mod settle;
mod timeouts;

use std::future::poll_fn;
use std::io;
use std::mem;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};

use super::backoff::Backoff;
use super::batch::Batch;
use super::call::Call;
use super::clock::Clock;
use super::connection::Connection;
use super::handle::LaneHandle;
use super::queue::Retry;
use super::shared::Shared;
use crate::backend::home::Home;
use crate::error::{Error, ErrorKind, Result};

/// A batch in flight for longer is slow: calls of its kind no longer wait for it.
const SLOW: Duration = Duration::from_millis(50);

/// The reserve's connection is closed after so long without a call.
const LINGER: Duration = Duration::from_secs(5);

pub(super) struct Lane {
    handle: LaneHandle,
    backoff: Option<Backoff>,
    /// Fires at the latest when the oldest call expires, or when what was sent becomes slow.
    clock: Clock,
    /// The calls to send again once the connection is gone.
    again: Vec<Call>,
    /// Whether the last batch had several calls.
    is_busy: bool,
    /// When the connection was opened.
    opened: Instant,
    /// Whether it has answered a call. A login alone does not end the pauses between attempts to connect.
    has_answered: bool,
    /// When its reads were last sent again because the connection was silent.
    moved: Option<Instant>,
    /// Why the connection is to be replaced once nothing is in flight on it.
    replace: Option<Error>,
}

impl Lane {
    pub(super) async fn run(handle: LaneHandle) {
        let clock = Clock::until(Instant::now() + handle.shared.timeout);
        let mut lane = Self {
            handle,
            backoff: None,
            clock,
            again: Vec::new(),
            is_busy: false,
            opened: Instant::now(),
            has_answered: false,
            moved: None,
            replace: None,
        };
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

    /// Returns `None` after a failure. In a long outage, the calls that wait fail with it. Gives up once the store closes and no
    /// call waits.
    async fn connect(&mut self) -> Option<Connection> {
        let shared = Arc::clone(&self.handle.shared);
        let lane = self.handle.lane;
        if let Some(until) = self.backoff.as_ref().map(|backoff| backoff.until) {
            self.run_with_timeouts(unless_drained(&shared, lane, sleep_until(until))).await;
        }
        match self.run_with_timeouts(unless_drained(&shared, lane, shared.dialer.connect())).await.flatten() {
            // Closing, or on another runtime: begins anew.
            None => None,
            Some(Ok(connection)) => Some(connection),
            Some(Err(error)) => {
                shared.outage_log.failed_to_connect(&error);
                self.pause(&error);
                None
            }
        }
    }

    /// Waits longer before the next attempt to connect. In a long outage, fails the calls that wait.
    fn pause(&mut self, error: &Error) {
        self.backoff = Some(Backoff::after(self.backoff.take()));
        let shared = &self.handle.shared;
        let given_up = shared.give_up(error.kind() == ErrorKind::Configuration);
        given_up.into_iter().for_each(|mut call| shared.fail(&mut call, error.clone()));
    }

    /// Serves calls until the connection is lost or the store closes.
    async fn serve(&mut self, mut connection: Connection) {
        self.handle.online();
        (self.opened, self.has_answered) = (Instant::now(), false);
        match self.drive(&mut connection).await {
            Ok(()) => {
                self.handle.offline(Vec::new());
                self.run_with_timeouts(connection.close()).await;
            }
            Err(error) => {
                let was_idle = connection.is_idle() && self.again.is_empty();
                self.handle.shared.outage_log.lost(&error, self.opened, was_idle);
                self.recover(connection, error.clone());
                self.handle.offline(mem::take(&mut self.again));
                if !self.has_answered {
                    self.pause(&error);
                }
            }
        }
    }

    async fn drive(&mut self, connection: &mut Connection) -> Result<()> {
        loop {
            while let Some(completed) = connection.next_completed()? {
                self.settle(completed, connection.last_sent())?;
            }
            if connection.is_idle() && (self.handle.shared.is_drained() || self.is_superfluous(connection)) {
                return Ok(());
            }
            if connection.is_idle()
                && let Some(error) = self.replace.take()
            {
                return Err(error);
            }
            let may_send = self.replace.is_none() && (connection.is_idle() || self.handle.shared.dialer.may_pipeline());
            tokio::select! {
                biased;
                moved = connection.transfer() => moved?,
                // Sends only after everything before was written, which bounds the bytes in flight.
                () = self.handle.work(), if may_send && connection.is_flushed() => self.send(connection).await?,
                () = &mut self.clock => self.check_timeouts(Some(connection))?,
            }
        }
    }

    /// Sends the next batch.
    async fn send(&mut self, connection: &mut Connection) -> Result<()> {
        if self.is_busy {
            // The callers that were just answered run first: their next calls join this batch.
            yield_now().await;
        }
        let now = Instant::now();
        if connection.may_be_stale(now, self.handle.shared.suspected_at()) {
            self.handle.set_probing(true);
            let probed = self.run_with_timeouts(connection.probe()).await;
            self.handle.set_probing(false);
            probed.unwrap_or_else(|| Err(Error::connection_lost(io::Error::from(io::ErrorKind::Interrupted))))?;
        }
        // Read once: another lane may find a pooler at any time.
        let shared = Arc::clone(&self.handle.shared);
        let prelude = shared.dialer.prelude();
        let calls = match self.handle.take(prelude.is_none()) {
            Ok(calls) => calls,
            Err(retry) => {
                self.send_again(connection, retry, prelude.is_some());
                return Ok(());
            }
        };
        self.is_busy = calls.len() > 1;
        self.check_timeouts_by(now + SLOW);
        let first = calls.first().filter(|first| shared.dialer.limits_locks() && first.goes_alone());
        let lock_prelude = first.filter(|first| !first.command().statement.reads_only).map(|_| {
            // They follow one another on this connection: each waits for its lock only for a short time.
            shared.dialer.lock_prelude(prelude.is_some(), calls.len() == 1)
        });
        for batch in Batch::split(calls) {
            self.send_batch(connection, batch, lock_prelude.or(prelude));
        }
        Ok(())
    }

    /// Tries calls again that PostgreSQL refused because of a lock. They wait for it only for some milliseconds.
    fn send_again(&mut self, connection: &mut Connection, retry: Retry, is_pooled: bool) {
        let shared = Arc::clone(&self.handle.shared);
        let prelude = shared.dialer.lock_prelude(is_pooled, retry.is_patient);
        self.check_timeouts_by(Instant::now() + SLOW);
        for batch in retry.groups.into_iter().filter_map(Batch::new) {
            self.send_batch(connection, batch, Some(prelude));
        }
    }

    fn send_batch(&mut self, connection: &mut Connection, mut batch: Batch, prelude: Option<&str>) {
        batch.calls.iter_mut().for_each(|call| call.attempts += 1);
        if let Err((batch, error)) = connection.send(batch, prelude) {
            self.refuse(batch, &error);
        }
    }

    /// Runs a future, and fails calls that expire in the meantime. Returns `None` if the lane moves to another runtime: the
    /// future has timers and sockets of the former.
    async fn run_with_timeouts<F: Future>(&mut self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        let home = Home::current();
        let mut future = poll_fn(|context| match Home::current() == home {
            true => future.as_mut().poll(context).map(Some),
            false => Poll::Ready(None),
        });
        loop {
            tokio::select! {
                done = &mut future => return done,
                // Without a connection, there is none to give up.
                () = &mut self.clock => drop(self.check_timeouts(None)),
            }
        }
    }

    /// Returns whether this is the reserve, and nothing has needed it for long, or it is to connect anew.
    fn is_superfluous(&self, connection: &Connection) -> bool {
        self.handle.is_reserve() && (connection.last_sent().elapsed() >= LINGER || self.handle.is_probe_wanted())
    }
}

/// Runs a future until the store closes and no call waits. Returns `None` then.
async fn unless_drained<F: Future>(shared: &Shared, lane: usize, future: F) -> Option<F::Output> {
    let drained = async {
        while !shared.is_drained() {
            shared.notified(lane).await;
        }
    };
    tokio::select! {
        biased;
        done = future => Some(done),
        () = drained => None,
    }
}
