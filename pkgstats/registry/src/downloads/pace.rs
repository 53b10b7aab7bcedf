//! One request at a time, with a pause between two.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Hands out turns that are a pause apart, in order.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    pause: Duration,
    next: Arc<Mutex<Option<Instant>>>,
}

impl Pace {
    pub(crate) fn new(pause: Duration) -> Self {
        Self { pause, next: Arc::default() }
    }

    pub(super) fn pause(&self) -> Duration {
        self.pause
    }

    /// Waits for the next turn.
    pub(super) async fn turn(&self) {
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = next.unwrap_or_else(Instant::now).max(Instant::now());
            *next = Some(turn + self.pause);
            turn
        };
        sleep_until(turn).await;
    }

    /// Puts off all turns that are not yet handed out.
    pub(super) fn put_off(&self, by: Duration) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let earliest = Instant::now() + by;
        *next = Some(next.map_or(earliest, |turn| turn.max(earliest)));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Pace;

    #[tokio::test(start_paused = true)]
    async fn turns_are_a_pause_apart_and_can_be_put_off() {
        let pace = Pace::new(Duration::from_secs(2));
        let start = Instant::now();
        let turns = [pace.turn(), pace.turn(), pace.turn()];
        futures_util::future::join_all(turns).await;
        assert_eq!(start.elapsed(), Duration::from_secs(4));
        pace.put_off(Duration::from_secs(10));
        pace.clone().turn().await;
        assert_eq!(start.elapsed(), Duration::from_secs(14));
    }
}
