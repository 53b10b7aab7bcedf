//! The options of a backend.

#![cfg_attr(not(feature = "native"), expect(dead_code, reason = "most are for connections of the store's own"))]

use std::time::Duration;

#[cfg(feature = "native")]
use super::password::PasswordSource;
use crate::error::{Error, Result};

const MAX_CONNECTIONS: usize = 64;

#[derive(Clone, Debug)]
pub(crate) struct BackendOptions {
    /// The longest that one call may take.
    pub(crate) timeout: Duration,
    pub(crate) connections: usize,
    /// How many calls may wait for a connection.
    pub(crate) max_waiting: usize,
    /// Makes the password of each login, in place of the one in the connection string.
    #[cfg(feature = "native")]
    pub(crate) password: Option<PasswordSource>,
    /// How many bytes the calls may have that are accepted and not answered.
    pub(crate) max_waiting_bytes: usize,
    /// Whether statements are prepared.
    pub(crate) prepare: bool,
    /// The longest message that the server may send, in bytes.
    pub(crate) max_message: usize,
}

impl Default for BackendOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            connections: 2,
            max_waiting: 10_000,
            #[cfg(feature = "native")]
            password: None,
            max_waiting_bytes: 64 * 1024 * 1024,
            prepare: true,
            max_message: MIN_MAX_MESSAGE,
        }
    }
}

/// A server may always send a message of this many bytes, even if `max_size` is small.
const MIN_MAX_MESSAGE: usize = 64 * 1024 * 1024;

/// A row may be longer than data of `max_size`: `jsonb` writes `1e308` with all its digits.
const MAX_MESSAGE_PER_SIZE: usize = 64;

impl BackendOptions {
    pub(crate) fn check(&self) -> Result<()> {
        if !(1..=MAX_CONNECTIONS).contains(&self.connections) {
            return Err(
                Error::configuration(format!("the number must be 1 to {MAX_CONNECTIONS}")).about_option("connections")
            );
        }
        for (option, limit) in [("max_waiting", self.max_waiting), ("max_waiting_bytes", self.max_waiting_bytes)] {
            if limit == 0 {
                return Err(Error::configuration("the limit must be more than zero").about_option(option));
            }
        }
        Ok(())
    }

    /// Allows messages with data of this many bytes.
    pub(crate) fn allow_data(&mut self, max_size: usize) {
        self.max_message = MIN_MAX_MESSAGE.max(max_size.saturating_mul(MAX_MESSAGE_PER_SIZE));
    }
}
