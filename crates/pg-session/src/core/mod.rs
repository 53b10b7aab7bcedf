//! What the operations share: options, the backend, the statements for the table that was found, and their locks.

mod merge_locks;
mod rolled_back;
mod setup_state;
mod timers;

use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::backend::{Backend, Command, KeyedPermit, Params, Rejected, Reply, Statement};
use crate::error::Result;
use crate::options::Options;
use crate::table::Statements;
use merge_locks::MergeLocks;
use rolled_back::submit_again;
use setup_state::SetupState;

pub(crate) use setup_state::FinishedSetup;
pub(crate) use timers::{pause_until, until};

pub(crate) struct Core {
    pub(crate) options: Options,
    pub(crate) setup: SetupState,
    /// Whether the sweeper's task runs.
    pub(crate) is_swept: AtomicBool,
    /// How many sweeps in a row found that another session had the lock.
    pub(crate) lost_sweeps: AtomicU32,
    pub(crate) merge_locks: MergeLocks,
    /// The operations in flight. One may need several statements.
    pub(crate) operations: TaskTracker,
    /// Cancelled when the store closes or its last handle is dropped.
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
            lost_sweeps: AtomicU32::new(0),
            merge_locks: MergeLocks::default(),
            operations: TaskTracker::new(),
            closing: CancellationToken::new(),
            backend,
            statements: RwLock::default(),
        }
    }

    /// Returns the statements if the table is set up.
    pub(crate) fn statements(&self) -> Option<Arc<Statements>> {
        self.statements.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_statements(&self, statements: Arc<Statements>) {
        *self.statements.write().unwrap_or_else(PoisonError::into_inner) = Some(statements);
    }

    /// Forgets these statements, which no longer fit the table, but not newer ones. The next call introspects the table
    /// again.
    pub(crate) fn drop_statements(&self, outdated: &Arc<Statements>) {
        let mut statements = self.statements.write().unwrap_or_else(PoisonError::into_inner);
        if statements.as_ref().is_some_and(|current| Arc::ptr_eq(current, outdated)) {
            *statements = None;
        }
    }

    /// Takes the bytes of a call that waits before it is submitted.
    pub(crate) fn hold(&self, key: &str, bytes: usize) -> Result<KeyedPermit<'_>> {
        self.backend.budget().take(key, bytes)
    }

    /// Returns when an operation that begins now has to end.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.options.backend.timeout
    }

    /// Runs one statement until the deadline, again if PostgreSQL rolls it back.
    pub(crate) fn submit(
        &self,
        statement: &Arc<Statement>,
        params: Params,
        deadline: Instant,
    ) -> impl Future<Output = Result<Reply, Rejected>> + Send {
        let first = self.backend.submit(Command { statement: Arc::clone(statement), params }, deadline);
        async move {
            let mut outcome = first.await;
            if outcome.as_ref().is_err_and(|rejected| rejected.error.is_rolled_back()) {
                // Boxed: it is rare, and would enlarge every call's future.
                outcome = Box::pin(submit_again(&self.backend, statement, outcome, deadline)).await;
            }
            outcome.map_err(|rejected| {
                let error = rejected.error;
                let error = if statement.idempotent { error } else { error.not_idempotent() };
                Rejected { error: error.context(statement.name), ..rejected }
            })
        }
    }

    /// Refuses new calls, waits for those in flight, and closes the store's own connections.
    pub(crate) async fn close(&self) {
        self.closing.cancel();
        self.operations.close();
        // One whose runtime stands still never ends.
        until(self.deadline() + self.options.backend.timeout / 10, self.operations.wait()).await;
        self.backend.close().await;
    }
}

/// Returns the middle between now and the deadline.
pub(crate) fn half_until(deadline: Instant) -> Instant {
    let now = Instant::now();
    now + deadline.saturating_duration_since(now) / 2
}

impl Drop for Core {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}
