//! The workers of one process.

use pkgstats_catalog::jobs::JobKind;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::follower::follow;
use super::worker::{at_once, run};
use crate::app::App;

/// Workers that run until they are stopped, or dropped.
pub struct Workers {
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
}

impl Workers {
    /// Starts workers that read from the registry of the app, and follow its changes. Without a registry, there are none.
    #[must_use]
    pub fn start(app: &App) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut running = JoinSet::new();
        if let Some(registry) = &app.registry {
            running.spawn(follow(app.clone(), registry.clone(), stopped.clone()));
            for kind in [JobKind::Details, JobKind::Downloads] {
                for _ in 0..at_once(kind) {
                    running.spawn(run(app.clone(), registry.clone(), kind, stopped.clone()));
                }
            }
        }
        Self { stop, running }
    }

    /// Stops the workers. What they have not read is read later.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.running.join_next().await.is_some() {}
    }
}
