//! The time that reading a readme may take.

use std::time::{Duration, Instant};

/// Parsing a megabyte of the tests' readmes takes 80 ms without optimization of this crate. What follows takes time in
/// proportion to what was parsed.
const TIME: Duration = Duration::from_millis(400);

/// The time at which a readme becomes plain text.
#[derive(Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Deadline {
    pub(super) fn start() -> Self {
        Self(Instant::now() + TIME)
    }

    pub(super) fn is_over(self) -> bool {
        Instant::now() >= self.0
    }
}
