//! The pauses between attempts to connect.

use std::time::Duration;

use tokio::time::Instant;

/// The first and the longest pause. Each pause is twice as long as the one before.
const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(250);

pub(super) struct Backoff {
    pub(super) until: Instant,
    pause: Duration,
}

impl Backoff {
    /// Returns the pause after a failed attempt, up to a quarter shorter at random, so that clients do not all reconnect
    /// at once.
    pub(super) fn after(previous: Option<Self>) -> Self {
        let pause = previous.map_or(FIRST, |previous| (previous.pause * 2).min(LONGEST));
        Self { pause, until: Instant::now() + pause.mul_f64(1.0 - 0.25 * fastrand::f64()) }
    }
}
