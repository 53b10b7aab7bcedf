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
    /// When the last outage ended.
    ended: Option<Instant>,
    /// Why the last attempt to connect failed, in an outage.
    last_failure: Option<Error>,
}

impl OutageLog {
    /// Records a lost connection, and when it was opened. One that was idle concerns nobody yet: the server may end such
    /// connections.
    pub(super) fn lost(&self, error: &Error, opened: Instant, was_idle: bool) {
        if was_idle {
            let (sqlstate, error) = (error.sqlstate(), error as &dyn std::error::Error);
            tracing::debug!(error, sqlstate, "lost an idle connection to PostgreSQL");
            return;
        }
        let mut state = self.state();
        // Another connection may have been replaced already.
        let is_late = state.reported.is_none() && state.ended.is_some_and(|ended| opened < ended);
        self.report(&mut state, error, is_late);
    }

    /// Records a failed attempt to connect.
    pub(super) fn failed_to_connect(&self, error: &Error) {
        let mut state = self.state();
        self.report(&mut state, error, false);
        state.last_failure = Some(error.clone());
    }

    /// Returns why the last attempt to connect failed, if PostgreSQL has not answered since.
    pub(super) fn last_failure(&self) -> Option<Error> {
        if self.is_reported.load(Ordering::Relaxed) { self.state().last_failure.clone() } else { None }
    }

    fn report(&self, state: &mut State, error: &Error, is_late: bool) {
        let sqlstate = error.sqlstate();
        let error = error as &dyn std::error::Error;
        if is_late || state.reported.is_some() {
            tracing::debug!(error, sqlstate, "still no connection to PostgreSQL");
        } else {
            tracing::warn!(error, sqlstate, "no connection to PostgreSQL; trying again until it is back");
            *state = State { reported: Some(Instant::now()), ..State::default() };
            self.is_reported.store(true, Ordering::Relaxed);
            self.failed.store(0, Ordering::Relaxed);
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
        let Some(reported) = state.reported else { return };
        self.is_reported.store(false, Ordering::Relaxed);
        let failed_calls = self.failed.load(Ordering::Relaxed);
        tracing::info!(outage = ?reported.elapsed(), failed_calls, "PostgreSQL answers again");
        *state = State { ended: Some(Instant::now()), ..State::default() };
    }

    /// Counts a call that failed because PostgreSQL cannot be reached.
    pub(super) fn count_failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
