//! Limits of attempts to sign in. They are in the database, so that all instances share them.

use std::time::Duration;

use super::handle::{Result, Users};

/// How many attempts there are at once, and how long one takes to come back.
#[derive(Clone, Copy, Debug)]
pub struct AttemptLimit {
    /// The most attempts at once.
    pub burst: u16,
    /// How long an attempt takes to come back.
    pub every: Duration,
}

impl AttemptLimit {
    fn params(self) -> (f64, f64) {
        (self.every.as_secs_f64(), f64::from(self.burst))
    }
}

impl Users {
    /// Takes an attempt. Returns in what time there is one if none is left.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn take_attempt(&self, key: &[u8], limit: AttemptLimit) -> Result<Option<Duration>> {
        let (every, burst) = limit.params();
        self.query(include_str!("../../sql/users/clean_up_attempts.sql"), &[]).await?;
        let taken = self.query(include_str!("../../sql/users/take_attempt.sql"), &[&key, &every, &burst]).await?;
        if !taken.is_empty() {
            return Ok(None);
        }
        let wait = self.query(include_str!("../../sql/users/attempt_wait.sql"), &[&key, &every, &burst]).await?;
        // Whoever asked at the same time may have changed it since.
        let seconds: f64 = wait.first().map_or(0.0, |row| row.get(0));
        Ok(Some(Duration::try_from_secs_f64(seconds).unwrap_or_default()))
    }

    /// Gives an attempt back, because it has succeeded.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn give_attempt_back(&self, key: &[u8], limit: AttemptLimit) -> Result<()> {
        let (every, _) = limit.params();
        self.query(include_str!("../../sql/users/give_attempt_back.sql"), &[&key, &every]).await.map(drop)
    }

    /// Gives all attempts back.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn forget_attempts(&self, key: &[u8]) -> Result<()> {
        self.query(include_str!("../../sql/users/forget_attempts.sql"), &[&key]).await.map(drop)
    }
}
