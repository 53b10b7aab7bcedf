use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::setup::setup;
use crate::core::Core;
use crate::error::{Error, ErrorKind, Result};

/// The pauses between two attempts: each is twice the one before. A failed attempt takes up to `timeout` itself.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How often the log says that the setup still waits.
const REPORT_EVERY: Duration = Duration::from_secs(30);

/// Sets up for the application. Tries again while the database is unavailable, for as long as `wait_for_database` allows.
/// Closing the store ends the wait at once.
pub(crate) async fn setup_when_available(core: &Core) -> Result<()> {
    let limit = core.options.wait_for_database;
    if limit.is_zero() {
        return setup(core).await;
    }
    core.closing.run_until_cancelled(retry(core, limit)).await.unwrap_or_else(|| Err(Error::closed().context("setup")))
}

async fn retry(core: &Core, limit: Duration) -> Result<()> {
    let (mut wait, mut pause) = (Wait { began: Instant::now(), limit, reported: None }, FIRST_PAUSE);
    loop {
        match setup(core).await {
            Err(error) if error.kind() == ErrorKind::Unavailable && !wait.left().is_zero() => wait.report(&error),
            done => {
                if done.is_ok() && wait.reported.is_some() {
                    info!(waited = ?wait.began.elapsed(), "the database is available");
                }
                return done;
            }
        }
        sleep(pause.min(wait.left())).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

struct Wait {
    began: Instant,
    limit: Duration,
    reported: Option<Instant>,
}

impl Wait {
    fn left(&self) -> Duration {
        self.limit.saturating_sub(self.began.elapsed())
    }

    /// Warns at the first failure. Later failures are logged now and then.
    fn report(&mut self, error: &Error) {
        let (error, left) = (error as &dyn std::error::Error, self.left());
        match self.reported {
            None => warn!(error, ?left, "the database is unavailable; setup waits for it"),
            Some(last) if last.elapsed() < REPORT_EVERY => return,
            Some(_) => info!(error, ?left, "the database is still unavailable; setup waits for it"),
        }
        self.reported = Some(Instant::now());
    }
}
