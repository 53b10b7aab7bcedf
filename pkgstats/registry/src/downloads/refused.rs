//! Names that were refused, which are left out for a day.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, Default)]
pub(super) struct Refused(Mutex<HashMap<String, Instant>>);

impl Refused {
    pub(super) fn add(&self, name: &str) {
        let mut until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.retain(|_, until| *until > Instant::now());
        until.insert(name.to_owned(), Instant::now() + DAY);
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        let until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.get(name).is_some_and(|until| *until > Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY, Refused};

    #[tokio::test(start_paused = true)]
    async fn a_name_is_left_out_for_a_day() {
        let refused = Refused::default();
        refused.add("a");
        assert!(refused.contains("a") && !refused.contains("b"));
        tokio::time::advance(DAY - std::time::Duration::from_secs(1)).await;
        assert!(refused.contains("a"));
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
        assert!(!refused.contains("a"));
    }
}
