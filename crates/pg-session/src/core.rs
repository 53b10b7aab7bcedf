//! What every verb works with: the options, the way to PostgreSQL, and the statements of the table that was found.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError, RwLock};

use tokio_util::sync::CancellationToken;

use crate::backend::{Backend, Command, Params, Rejected, Reply, Statement};
use crate::error::Result;
use crate::ops::{SetupState, Turns};
use crate::options::Options;
use crate::table::Statements;

pub(crate) struct Core {
    pub(crate) options: Options,
    pub(crate) setup: SetupState,
    /// Whether there is a task that sweeps.
    pub(crate) is_swept: AtomicBool,
    pub(crate) turns: Turns,
    /// Cancelled when the store closes, or when the last handle to it is dropped.
    pub(crate) closing: CancellationToken,
    backend: Backend,
    statements: RwLock<Option<Arc<Statements>>>,
}

impl Core {
    pub(crate) fn new(options: Options, backend: Backend) -> Self {
        Self {
            options,
            setup: SetupState::default(),
            is_swept: AtomicBool::new(false),
            turns: Turns::default(),
            closing: CancellationToken::new(),
            backend,
            statements: RwLock::default(),
        }
    }

    /// The statements, if the table is set up.
    pub(crate) fn statements(&self) -> Option<Arc<Statements>> {
        self.statements.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_statements(&self, statements: Arc<Statements>) {
        *self.statements.write().unwrap_or_else(PoisonError::into_inner) = Some(statements);
    }

    /// Drops these statements, which the table no longer fits, so that the next call looks again; not newer ones.
    pub(crate) fn drop_statements(&self, outdated: &Arc<Statements>) {
        let mut statements = self.statements.write().unwrap_or_else(PoisonError::into_inner);
        if statements.as_ref().is_some_and(|current| Arc::ptr_eq(current, outdated)) {
            *statements = None;
        }
    }

    /// Runs one statement within the time limit.
    pub(crate) async fn submit(&self, statement: &Arc<Statement>, params: Params) -> Result<Reply, Rejected> {
        let outcome = self.backend.submit(Command { statement: Arc::clone(statement), params }).await;
        outcome.map_err(|rejected| {
            let error = rejected.error;
            let error = if statement.idempotent { error } else { error.not_repeatable() };
            Rejected { error: error.context(statement.name), ..rejected }
        })
    }

    /// Takes no more calls, waits for those under way, and closes the connections of our own.
    pub(crate) async fn close(&self) {
        self.closing.cancel();
        self.backend.close().await;
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}
