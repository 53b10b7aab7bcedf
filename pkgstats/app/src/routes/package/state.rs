//! What was read of a package. A page asks the queue only, and waits a little for it.

use std::time::{Duration, SystemTime};

use pkgstats_catalog::jobs::{JobKind, Urgency};
use pkgstats_catalog::readings::{Facts, StoredFacts};
use tokio::time::{Instant, timeout_at};

use crate::app::App;
use crate::error::Error;
use crate::views::package::ReadState;

/// What is older is read again, while the page shows it.
const FRESH: Duration = Duration::from_secs(24 * 3600);

/// How long a page waits for what was never read.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// What was read, and how that went.
pub(super) struct Read {
    pub(super) stored: Option<StoredFacts>,
    pub(super) state: ReadState,
}

impl Read {
    pub(super) fn facts(&self) -> Option<&Facts> {
        self.stored.as_ref().map(|stored| &stored.facts)
    }
}

/// Returns what is stored of a package. Has it read if it is missing or old.
pub(super) async fn read(app: &App, name: &str) -> Result<Read, Error> {
    let mut stored = app.readings.facts(name).await?;
    let age = |stored: &StoredFacts| SystemTime::now().duration_since(stored.read_at).unwrap_or_default();
    if app.registry.is_none() {
        let state =
            stored.as_ref().map_or(ReadState::Offline, |stored| ReadState::Read { age: age(stored), problem: None });
        return Ok(Read { stored, state });
    }
    let mut problem = None;
    if stored.as_ref().is_none_or(|stored| age(stored) > FRESH) {
        let urgency = if stored.is_none() { Urgency::Urgent } else { Urgency::Usual };
        let until = Instant::now() + PATIENCE;
        app.ask(JobKind::Details, &[name.to_owned()], urgency).await?;
        loop {
            // Before the look, so that nothing is missed.
            let ended = app.wake.ended.notified();
            if stored.is_none() {
                stored = app.readings.facts(name).await?;
            }
            problem = app.jobs.state(JobKind::Details, name).await?.and_then(|job| job.problem);
            if stored.is_some() || problem.is_some() || timeout_at(until, ended).await.is_err() {
                break;
            }
        }
    }
    let state = match (&stored, problem) {
        (Some(stored), problem) => ReadState::Read { age: age(stored), problem },
        (None, Some(problem)) => ReadState::Failed { problem },
        (None, None) => ReadState::BeingRead,
    };
    Ok(Read { stored, state })
}
