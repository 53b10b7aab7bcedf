//! Logs an outage: one warning when it begins, and one line when it ends.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::Error;

/// A connection that was not lost may have answered in the meantime. It ends the outage only if the request was sent this much
/// later: all connections do not end at once.
const SURELY_LATER: Duration = Duration::from_millis(100);

#[derive(Default)]
pub(super) struct OutageLog {
    state: Mutex<State>,
    is_reported: AtomicBool,
    /// How many calls have failed since the outage began.
    failed: AtomicU64,
}

#[derive(Default)]
struct State {
    /// When an outage was reported, if PostgreSQL has not answered since.
    reported: Option<Instant>,
    /// When it first concerned a call or an attempt to connect: a lost connection that was idle concerns nobody yet.
    since: Option<Instant>,
    /// When the last outage ended.
    ended: Option<Instant>,
}

impl OutageLog {
    /// Records a lost connection, and when it was opened.
    pub(super) fn lost(&self, error: &Error, opened: Instant, was_idle: bool) {
        let mut state = self.state();
        // Another connection may have been replaced already.
        let is_late = state.reported.is_none() && state.ended.is_some_and(|ended| opened < ended);
        self.report(&mut state, error, is_late, was_idle);
    }

    /// Records a failed attempt to connect.
    pub(super) fn failed_to_connect(&self, error: &Error) {
        self.report(&mut self.state(), error, false, false);
    }

    fn report(&self, state: &mut State, error: &Error, is_late: bool, was_idle: bool) {
        let sqlstate = error.sqlstate();
        let error = error as &dyn std::error::Error;
        if is_late || state.reported.is_some() {
            tracing::debug!(error, sqlstate, "still no connection to PostgreSQL");
        } else {
            tracing::warn!(error, sqlstate, "no connection to PostgreSQL; trying again until it is back");
            *state = State { reported: Some(Instant::now()), since: None, ended: None };
            self.is_reported.store(true, Ordering::Relaxed);
            self.failed.store(0, Ordering::Relaxed);
        }
        if !is_late && !was_idle {
            state.since.get_or_insert_with(Instant::now);
        }
    }

    /// Records an answer to a request that was sent at this time.
    pub(super) fn answered(&self, sent: Instant) {
        if self.is_reported.load(Ordering::Relaxed)
            && self.state().reported.is_some_and(|reported| sent > reported + SURELY_LATER)
        {
            self.end();
        }
    }

    /// Records that a new connection has answered.
    pub(super) fn end(&self) {
        let mut state = self.state();
        if state.reported.is_none() {
            return;
        }
        self.is_reported.store(false, Ordering::Relaxed);
        let failed_calls = self.failed.load(Ordering::Relaxed);
        match state.since {
            Some(since) => tracing::info!(outage = ?since.elapsed(), failed_calls, "PostgreSQL answers again"),
            None => tracing::debug!("replaced a connection to PostgreSQL"),
        }
        *state = State { reported: None, since: None, ended: Some(Instant::now()) };
    }

    /// Counts a call that failed because PostgreSQL cannot be reached.
    pub(super) fn count_failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
