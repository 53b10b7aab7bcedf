//! The calls of one statement.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::backend::command::Statement;
use crate::backend::pipeline::call::Call;

pub(super) struct Kind {
    statement: Arc<Statement>,
    pub(super) ready: VecDeque<Call>,
    /// How many are in flight, without those in slow batches.
    pub(super) in_flight: usize,
}

impl Kind {
    pub(super) fn new(statement: &Arc<Statement>) -> Self {
        Self { statement: Arc::clone(statement), ready: VecDeque::new(), in_flight: 0 }
    }

    pub(super) fn statement(&self) -> &Arc<Statement> {
        &self.statement
    }

    pub(super) fn is_of(&self, statement: &Arc<Statement>) -> bool {
        Arc::ptr_eq(&self.statement, statement)
    }

    pub(super) fn is_unused(&self) -> bool {
        self.ready.is_empty() && self.in_flight == 0
    }

    /// Returns whether calls are ready and no lane serves them.
    pub(super) fn is_unserved(&self) -> bool {
        self.in_flight == 0 && !self.ready.is_empty()
    }
}
