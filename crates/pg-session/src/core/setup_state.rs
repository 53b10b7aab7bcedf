//! The outcome of earlier setups.

use std::mem;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Instant;

use tokio::sync::Mutex;

use crate::error::Result;
use crate::table::Statements;

#[derive(Default)]
pub(crate) struct SetupState {
    /// Held while setup runs. A call that waits for it gets the same outcome instead of trying again.
    pub(crate) last: Mutex<Option<FinishedSetup>>,
    /// Whether the table has been found once. From then on, only the application's own `setup()` creates it: if the table
    /// was renamed or moved, an empty one in its place would log all users out.
    pub(crate) was_found: AtomicBool,
    /// What setup has created and nobody has asked for.
    created: StdMutex<Vec<String>>,
}

impl SetupState {
    pub(crate) fn add_created(&self, created: String) {
        self.created.lock().unwrap_or_else(PoisonError::into_inner).push(created);
    }

    pub(crate) fn take_created(&self) -> Vec<String> {
        mem::take(&mut *self.created.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(crate) struct FinishedSetup {
    pub(crate) began: Instant,
    pub(crate) could_create: bool,
    pub(crate) outcome: Result<Arc<Statements>>,
}
