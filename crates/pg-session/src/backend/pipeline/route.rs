//! The way to the server, for all lanes of a store: where it is, and what is known of what lies in between.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::call::Call;
use super::connection::Connection;
use crate::backend::BackendOptions;
use crate::backend::connect::ConnInfo;
use crate::backend::connect::settings::{self, Settings};
use crate::error::Result;

/// The pause after a failed attempt: the first, and the longest, to which it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

pub(super) struct Route {
    info: ConnInfo,
    /// The longest that one call may take.
    pub(super) timeout: Duration,
    /// How long an outage may last before calls fail at once, instead of waiting for its end.
    pub(super) patience: Duration,
    /// The longest message of the server, in bytes.
    max_message: usize,
    settings: Settings,
    /// Whether a server process keeps what it is told: settings, and prepared statements.
    is_kept: AtomicBool,
}

impl Route {
    pub(super) fn new(info: ConnInfo, options: &BackendOptions) -> Self {
        let BackendOptions { timeout, prepare, max_message, .. } = *options;
        let settings = Settings::new(timeout, info.options());
        Self { info, timeout, patience: timeout / 2, max_message, settings, is_kept: AtomicBool::new(prepare) }
    }

    pub(super) async fn connect(&self) -> Result<Connection<Call>> {
        if self.is_kept() {
            match self.info.connect(&self.settings.at_login).await {
                Err(error) if settings::are_refused(&error) => self.use_a_pooler(),
                connected => return connected.map(|stream| Connection::new(stream, self.max_message)),
            }
        }
        self.info.connect("").await.map(|stream| Connection::new(stream, self.max_message))
    }

    /// What goes before each statement, if none is prepared.
    pub(super) fn preamble(&self) -> Option<&str> {
        (!self.is_kept()).then_some(&self.settings.prelude)
    }

    /// From here on nothing is kept in a server process: the next statement may go to another.
    pub(super) fn use_a_pooler(&self) {
        if self.is_kept.swap(false, Ordering::Relaxed) {
            tracing::info!("there is a pooler in between: statements are not prepared");
        }
    }

    fn is_kept(&self) -> bool {
        self.is_kept.load(Ordering::Relaxed)
    }
}

/// When a lane tries again to connect.
pub(super) struct Retry {
    pub(super) at: Instant,
    pause: Duration,
}

impl Retry {
    /// Doubles the pause, and takes up to a quarter off, so that not all come back at the same moment.
    pub(super) fn after(before: Option<Self>) -> Self {
        let pause = before.map_or(FIRST_PAUSE, |before| (before.pause * 2).min(LONGEST_PAUSE));
        Self { pause, at: Instant::now() + pause.mul_f64(1.0 - 0.25 * fastrand::f64()) }
    }
}
