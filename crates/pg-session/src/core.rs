//! What every verb works with: the options, the way to PostgreSQL, and the statements of the table that was found.

use std::sync::{Arc, PoisonError, RwLock};

use tokio_util::sync::CancellationToken;

use crate::backend::{Backend, Command, Params, Reply, Statement};
use crate::error::{ErrorKind, Result};
use crate::ops::{SetupState, Turns};
use crate::options::Options;
use crate::sweeper::Sweeper;
use crate::table::Statements;

pub(crate) struct Core {
    pub(crate) options: Options,
    pub(crate) setup: SetupState,
    pub(crate) sweeper: Sweeper,
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
            sweeper: Sweeper::default(),
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

    pub(crate) fn set_statements(&self, statements: Option<Statements>) {
        *self.statements.write().unwrap_or_else(PoisonError::into_inner) = statements.map(Arc::new);
    }

    /// Runs one statement within the time limit.
    pub(crate) async fn submit(&self, statement: &Arc<Statement>, params: Params) -> Result<Reply> {
        let outcome = self.backend.submit(Command { statement: Arc::clone(statement), params }).await;
        outcome.map_err(|error| {
            // The table was dropped or altered: the next call looks again.
            if error.kind() == ErrorKind::Setup {
                self.set_statements(None);
            }
            let error = if statement.repeatable { error } else { error.not_repeatable() };
            error.context(statement.name)
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
