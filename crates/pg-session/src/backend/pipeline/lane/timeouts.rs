//! Fails calls that have expired, and finds connections that are slow or silent.

use std::time::Duration;

use tokio::time::Instant;

use super::{LINGER, Lane, SLOW};
use crate::backend::pipeline::connection::Connection;
use crate::error::{Error, Result};

/// Reads in flight for longer are sent again on a new connection, if the server answers others: a firewall may have dropped
/// this one, or its server has vanished. Seldom: a server that is slow must not get each read twice.
const SILENT: Duration = Duration::from_millis(500);
const SELDOM: Duration = Duration::from_secs(10);

/// What the calls in flight on a connection show.
struct InFlight {
    /// When to look again.
    next: Option<Instant>,
    /// Whether one of them is slow.
    is_slow: bool,
    /// Whether one of them has waited for long, and nothing was received meanwhile.
    is_silent: bool,
    /// Whether all of them are reads that were sent once.
    are_first_reads: bool,
}

const NOTHING: InFlight = InFlight { next: None, is_slow: false, is_silent: false, are_first_reads: true };

impl Lane {
    /// Fails calls that have expired, and reports slow batches to the queue. Gives up a connection that is silent for long.
    pub(super) fn check_timeouts(&mut self, connection: Option<&mut Connection>) -> Result<()> {
        let shared = &self.handle.shared;
        let (now, limit) = (Instant::now(), shared.timeout);
        self.expire_waiting(now);
        let in_flight = match connection {
            Some(connection) => check_in_flight(connection, now, limit)?,
            None => NOTHING,
        };
        let usual = now + if self.handle.is_reserve() { limit.min(LINGER) } else { limit };
        let mut next = [in_flight.next, shared.next_deadline()].into_iter().flatten().fold(usual, Instant::min);
        let may_move = self.moved.is_none_or(|moved| moved + SELDOM <= now);
        if in_flight.is_slow && in_flight.are_first_reads && may_move {
            if in_flight.is_silent && self.handle.is_overtaken() {
                self.moved = Some(now);
                return Err(Error::no_answer_within(SILENT));
            }
            next = next.min(now + SLOW);
        }
        match shared.next_retry() {
            Some(retry) if retry <= now => self.handle.retry(),
            Some(retry) => next = next.min(retry),
            None => {}
        }
        self.clock.reset(next);
        if in_flight.is_slow {
            shared.suspect_silence(now);
            self.handle.mark_slow();
        }
        Ok(())
    }

    /// Checks the timeouts at this time, or earlier.
    pub(super) fn check_timeouts_by(&mut self, time: Instant) {
        if self.clock.deadline() > time {
            self.clock.reset(time);
        }
    }

    fn expire_waiting(&self, now: Instant) {
        let shared = &self.handle.shared;
        shared.expire(now).iter_mut().for_each(|call| {
            let limit = shared.timeout;
            let error = if call.is_locked { Error::locked_for(limit) } else { Error::not_run_within(limit) };
            shared.fail(call, error);
        });
    }
}

/// Fails the calls in flight that have expired. Returns an error if the connection is to be given up.
fn check_in_flight(connection: &mut Connection, now: Instant, limit: Duration) -> Result<InFlight> {
    let mut found = NOTHING;
    let last_read = connection.last_read();
    for (sent, call) in connection.calls_in_flight() {
        let (slow_at, silent_until) = (sent + SLOW, sent + limit + limit / 10);
        found.is_slow |= slow_at <= now;
        found.is_silent |= last_read.max(sent) + SILENT <= now;
        found.are_first_reads &= call.is_first_read();
        let has_expired = call.deadline() <= now;
        if has_expired {
            // A read is sent again and again until the table is free, and each time waits for some milliseconds.
            let is_locked = call.is_locked && call.command().statement.reads_only && slow_at > now;
            call.answer(Err(if is_locked { Error::locked_for(limit) } else { Error::no_answer_within(limit) }));
            if silent_until <= now {
                return Err(Error::no_answer_within(limit));
            }
        }
        let next = if has_expired { silent_until } else { call.deadline() };
        let next = if slow_at > now { next.min(slow_at) } else { next };
        found.next = Some(found.next.map_or(next, |earlier| earlier.min(next)));
    }
    Ok(found)
}
