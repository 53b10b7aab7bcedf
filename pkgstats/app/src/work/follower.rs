//! Follows the registry's feed of changes: what somebody is interested in is read again as soon as it has changed.

use std::time::Duration;

use pkgstats_catalog::jobs::{JobKind, Urgency};
use pkgstats_registry::{ErrorKind, Registry};
use tokio::sync::watch;
use tokio::time::sleep;

use super::failure::Failure;
use crate::app::App;

/// How many changes are read at a time.
const MOST: usize = 10_000;

/// The pause after all changes were read, and the longest after failures.
const PAUSE: Duration = Duration::from_secs(15);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// Follows the feed until it is stopped. Ends by itself if the registry has none.
pub(super) async fn follow(app: App, registry: Registry, mut stopped: watch::Receiver<bool>) {
    let Some(address) = registry.feed() else { return };
    let (mut pause, mut has_warned) = (Duration::ZERO, false);
    while !*stopped.borrow_and_update() {
        let step = async {
            sleep(pause).await;
            step(&app, &registry, &address).await
        };
        let done = tokio::select! {
            done = step => done,
            _ = stopped.changed() => return,
        };
        pause = match done {
            Ok(has_more) => {
                has_warned = false;
                if has_more { Duration::ZERO } else { PAUSE }
            }
            Err(Failure::Registry(error)) if error.kind() == ErrorKind::NotFound => {
                tracing::info!("the registry has no feed of changes: packages are read again when they are opened");
                return;
            }
            Err(failure) => {
                // Once for each outage.
                if !has_warned {
                    failure
                        .warn("the feed of changes cannot be followed: packages are read again when they are opened");
                }
                has_warned = true;
                (2 * pause.max(PAUSE)).min(LONGEST_PAUSE)
            }
        };
    }
}

/// Reads the next changes. Returns whether there may be more.
async fn step(app: &App, registry: &Registry, address: &str) -> Result<bool, Failure> {
    let followers = &app.followers;
    let Some(since) = followers.sequence(address).await? else {
        followers.set_sequence(address, registry.last_change().await?).await?;
        return Ok(false);
    };
    let changes = registry.changes(since, MOST).await?;
    if changes.went_back {
        tracing::warn!("the registry's feed of changes began anew: following it from its end");
        followers.set_sequence(address, registry.last_change().await?).await?;
        return Ok(false);
    }
    let has_more = changes.changes.len() == MOST;
    let names: Vec<_> = changes.changes.into_iter().map(|change| change.name).collect();
    let names = followers.interesting(&names).await?;
    app.ask(JobKind::Details, &names, Urgency::Usual).await?;
    followers.set_sequence(address, changes.last_sequence).await?;
    Ok(has_more)
}
