use std::sync::Arc;

use async_trait::async_trait;

use crate::error::BoxError;
use crate::load::{fill, measure};
use crate::outcome::Outcome;
use crate::store::Store;
use crate::target::{Label, Target};
use crate::task::{Operation, Task};

/// A store that is called in this process.
pub(crate) struct InProcess {
    label: Label,
    store: Arc<dyn Store>,
    supports: fn(Operation, usize) -> bool,
}

impl InProcess {
    pub(crate) fn new(label: Label, store: impl Store + 'static) -> Self {
        let supports = |operation, _| !matches!(operation, Operation::Update | Operation::Visit);
        Self { label, store: Arc::new(store), supports }
    }

    /// Limits what is measured.
    pub(crate) fn only(self, supports: fn(Operation, usize) -> bool) -> Self {
        Self { supports, ..self }
    }
}

#[async_trait]
impl Target for InProcess {
    fn label(&self) -> Label {
        self.label
    }

    fn supports(&self, operation: Operation, callers: usize) -> bool {
        (self.supports)(operation, callers)
    }

    async fn fill(&mut self, sessions: usize) -> Result<(), BoxError> {
        fill(&self.store, sessions).await
    }

    async fn measure(&mut self, task: Task) -> Result<Outcome, BoxError> {
        measure(&self.store, task).await
    }
}
