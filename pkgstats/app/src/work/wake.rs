//! Tells workers that there is a job, and pages that one has ended.

use tokio::sync::Notify;

/// What the workers and the pages of one process wait for.
#[derive(Debug, Default)]
pub(crate) struct Wake {
    pub(super) added: Notify,
    pub(crate) ended: Notify,
}
