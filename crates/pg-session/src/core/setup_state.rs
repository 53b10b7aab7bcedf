//! The outcome of earlier setups.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
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
}

pub(crate) struct FinishedSetup {
    pub(crate) began: Instant,
    pub(crate) could_create: bool,
    pub(crate) outcome: Result<Arc<Statements>>,
}
