//! Answers the calls of a batch, or has them sent again.

use std::mem;

use tokio::time::Instant;

use super::Lane;
use crate::backend::command::{Absence, Reply};
use crate::backend::pipeline::batch::Batch;
use crate::backend::pipeline::connection::{Completed, Connection, Fate};
use crate::error::{Error, ErrorKind, Result};

/// The most times a call is sent while its connections keep breaking.
const MAX_ATTEMPTS: u32 = 3;

/// The server accepts no writes (SQLSTATE): it is a standby.
const READ_ONLY: &str = "25006";

/// The server lacks disk space, memory or another resource (class of SQLSTATE), except connections, which only a login lacks.
const INSUFFICIENT_RESOURCES: &str = "53";
const TOO_MANY_CONNECTIONS: &str = "53300";

/// A lock was held for longer than `lock_timeout` (SQLSTATE).
const LOCKED: &str = "55P03";

/// The errors that reveal a transaction pooler: the statement was prepared in another server process (SQLSTATE).
const NO_SUCH_STATEMENT: &str = "26000";
const STATEMENT_EXISTS: &str = "42P05";

impl Lane {
    /// Answers a batch that was sent at this time, or has it sent again. After an error, the connection can no longer be used.
    pub(super) fn settle(&mut self, completed: Completed, sent: Instant) -> Result<()> {
        let Completed { batch, is_prepared, outcome } = completed;
        if !outcome.as_ref().is_err_and(ends_connection) {
            self.backoff = None;
            if mem::replace(&mut self.has_answered, true) {
                self.handle.shared.outage_log.answered(sent);
            } else {
                self.handle.has_answered();
            }
        }
        let error = match outcome {
            Ok(replies) if is_doubtful(&batch, &replies) => {
                self.send_one_by_one(batch);
                return Ok(());
            }
            Ok(replies) => {
                self.handle.complete(batch.calls[0].key, Vec::new());
                batch.calls.into_iter().zip(replies).for_each(|(mut call, reply)| call.answer(Ok(reply)));
                return Ok(());
            }
            Err(error) => error,
        };
        if is_prepared && matches!(error.sqlstate(), Some(NO_SUCH_STATEMENT | STATEMENT_EXISTS)) {
            // The statement did not run.
            self.handle.shared.dialer.expect_pooler();
            self.handle.complete(batch.calls[0].key, batch.calls);
            return Ok(());
        }
        if error.sqlstate() == Some(LOCKED) && self.handle.shared.dialer.limits_locks() {
            self.put_aside(batch);
            return Ok(());
        }
        if error.sqlstate() == Some(READ_ONLY) {
            self.read_only(batch, error);
            return Ok(());
        }
        if ends_connection(&error) {
            // PostgreSQL sends these before it runs a statement; a pooler also when it has lost its server.
            let (fate, told) = match error.sqlstate() {
                Some(sqlstate) if sqlstate.starts_with("08") => (Fate::Unknown, Error::connection_lost(error.clone())),
                _ => (Fate::NotRun, error.clone()),
            };
            self.resend_or_fail(batch, fate, &told);
            return Err(error);
        }
        self.refuse(batch, &error);
        Ok(())
    }

    /// Has calls tried again that waited for a lock for too long. Reads wait for a lock on the whole table, with all others.
    fn put_aside(&mut self, mut batch: Batch) {
        // They did not run.
        batch.calls.iter_mut().for_each(|call| call.attempts -= 1);
        let key = batch.calls[0].key;
        if batch.statement.reads_only {
            batch.calls.iter_mut().for_each(|call| call.is_locked = true);
            return self.handle.complete(key, batch.calls);
        }
        let at = self.handle.put_aside(key, batch.calls);
        self.check_timeouts_by(at);
    }

    /// Fails calls that a server without write access refused. If another host may be writable, has them sent again on a new
    /// connection instead, which replaces this one once all answers are here.
    fn read_only(&mut self, batch: Batch, error: Error) {
        if self.replace.is_some() || self.opened.elapsed() >= self.handle.shared.dialer.read_only_age() {
            self.resend_or_fail(batch, Fate::NotRun, &error);
            self.replace = Some(error);
            return;
        }
        self.handle.complete(batch.calls[0].key, Vec::new());
        batch.calls.into_iter().for_each(|mut call| call.answer(Err(error.clone())));
    }

    /// Fails the call that the server refused. Splits a batch, so that only the calls at fault fail.
    pub(super) fn refuse(&self, batch: Batch, error: &Error) {
        if batch.is_many() {
            return self.send_one_by_one(batch);
        }
        self.handle.complete(batch.calls[0].key, Vec::new());
        batch.calls.into_iter().for_each(|mut call| call.answer(Err(error.clone())));
    }

    fn send_one_by_one(&self, mut batch: Batch) {
        batch.calls.iter_mut().for_each(|call| call.is_alone = true);
        self.handle.complete(batch.calls[0].key, batch.calls);
    }

    /// Answers the calls in flight on a lost connection, or has them sent again.
    pub(super) fn recover(&mut self, connection: Connection, error: Error) {
        let unknown = if error.is_unanswered() { error.clone() } else { Error::connection_lost(error.clone()) };
        let not_run = Error::not_run(error);
        for (mut batch, fate) in connection.into_batches() {
            let error = match fate {
                Fate::Unknown => &unknown,
                Fate::NotRun => {
                    // It does not count as an attempt.
                    batch.calls.iter_mut().for_each(|call| call.attempts -= 1);
                    &not_run
                }
            };
            self.resend_or_fail(batch, fate, error);
        }
    }

    /// Keeps calls that only read or had no effect for resending, as long as attempts are left. A write that may have run
    /// is not resent: it could undo what others have done since.
    fn resend_or_fail(&mut self, batch: Batch, fate: Fate, error: &Error) {
        let may_be_resent = fate == Fate::NotRun || batch.statement.reads_only;
        for mut call in batch.calls {
            if may_be_resent && call.attempts < MAX_ATTEMPTS {
                self.again.push(call);
            } else {
                self.handle.shared.fail(&mut call, error.clone());
            }
        }
    }
}

/// Returns whether the connection can no longer be used after this error, although PostgreSQL sent it for one statement.
fn ends_connection(error: &Error) -> bool {
    let sqlstate = error.sqlstate().unwrap_or_default();
    let lacks_resources = sqlstate.starts_with(INSUFFICIENT_RESOURCES) && sqlstate != TOO_MANY_CONNECTIONS;
    error.kind() == ErrorKind::Unavailable && sqlstate != READ_ONLY && !lacks_resources
}

/// Returns whether the answer is empty, and may therefore belong to another batch.
fn is_doubtful(batch: &Batch, replies: &[Reply]) -> bool {
    let is_doubtful = batch.statement.many.as_ref().is_some_and(|many| many.absence == Absence::Doubtful);
    batch.is_many() && is_doubtful && replies.iter().all(|reply| reply.rows.is_empty())
}
