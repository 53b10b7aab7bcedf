//! How pages ask for what is to be read.

use pkgstats_catalog::Error;
use pkgstats_catalog::jobs::{JobKind, Urgency};

use crate::app::App;

impl App {
    /// Has packages read by the workers. Does nothing without a registry.
    pub(crate) async fn ask(&self, kind: JobKind, names: &[String], urgency: Urgency) -> Result<(), Error> {
        if self.registry.is_some() && !names.is_empty() {
            self.jobs.add(kind, names, urgency).await?;
            self.wake.added.notify_waiters();
        }
        Ok(())
    }
}
