//! One run of a scenario.

use std::time::Duration;

use crate::error::BoxError;
use pg_session::PgStore;
use tokio::time::{Instant, sleep};

use crate::figures::Figures;
use crate::load::Load;
use crate::scenario::Scenario;
use crate::site::Site;
use crate::warnings::Warnings;

const WARM_UP: Duration = Duration::from_secs(1);

/// A store has recovered if no call fails or waits for this long.
const CALM: Duration = Duration::from_secs(2);

/// A store that has not recovered by then counts as lost.
const PATIENCE: Duration = Duration::from_secs(30);

const POLL: Duration = Duration::from_millis(20);

/// Starts the servers, the store and its callers, lets the cause happen, and measures.
pub(crate) async fn run(
    scenario: Scenario,
    load: Load,
    length: Duration,
    warnings: &Warnings,
) -> Result<Figures, BoxError> {
    let mut site = Site::start(scenario.servers()).await?;
    let store = PgStore::builder(site.url()).build()?;
    store.setup().await?;
    let running = load.start(store.clone(), scenario != Scenario::LockedRows).await?;
    sleep(WARM_UP).await;
    running.forget();
    let (logins, logged, began) = (site.logins(), warnings.so_far(), Instant::now());
    scenario.begin(&mut site).await?;
    sleep(length.saturating_sub(began.elapsed())).await;
    scenario.end(&mut site).await?;
    let over = Instant::now();
    running.over();
    sleep(CALM).await;
    while !running.is_calm_for(CALM) && over.elapsed() < PATIENCE {
        sleep(POLL).await;
    }
    let is_lost = !running.is_calm_for(CALM);
    // A call that began in the outage may still be under way.
    sleep(POLL).await;
    let record = running.stop().await;
    let successes = record.first_successes.values().max().copied();
    let recovered = successes.max(record.last_doomed).unwrap_or(over).max(over);
    let logins = site.logins() - logins;
    let figures = Figures {
        calls: record.calls,
        failed: record.failed.values().sum(),
        failed_by_kind: record.failed,
        longest_call_ms: in_ms(record.longest),
        recovered_after_ms: (!is_lost).then(|| in_ms(recovered - over)),
        logins,
        logins_per_second: logins as f64 / (recovered - began).as_secs_f64(),
        warnings: warnings.so_far() - logged,
    };
    store.close().await;
    Ok(figures)
}

fn in_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
