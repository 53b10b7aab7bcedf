//! Opens the connections of a store, and records whether they lead through a transaction pooler.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};

use super::connection::Connection;
use crate::backend::connect::Stream;
use crate::backend::connect::settings::{self, Settings};
use crate::backend::options::BackendOptions;
use crate::error::Result;

/// Connects and logs in, with these further `options` of the login.
pub(super) type Dial = dyn Fn(String) -> Pin<Box<dyn Future<Output = Result<Stream>> + Send>> + Send + Sync;

pub(super) struct Dialer {
    dial: Box<Dial>,
    settings: Settings,
    /// The longest message that the server may send, in bytes.
    max_message: usize,
    /// Whether a server process keeps settings and prepared statements for us.
    keeps_state: AtomicBool,
}

impl Dialer {
    pub(super) fn new(dial: Box<Dial>, settings: Settings, options: &BackendOptions) -> Self {
        let BackendOptions { prepare, max_message, .. } = *options;
        Self { dial, settings, max_message, keeps_state: AtomicBool::new(prepare) }
    }

    pub(super) async fn connect(&self) -> Result<Connection> {
        if self.keeps_state() {
            match (self.dial)(self.settings.at_login.clone()).await {
                Err(error) if settings::are_refused(&error) => self.expect_pooler(),
                connected => return connected.map(|stream| Connection::new(stream, self.max_message)),
            }
        }
        (self.dial)(String::new()).await.map(|stream| Connection::new(stream, self.max_message))
    }

    /// Returns the statement to run before each other one, if settings and prepared statements do not persist.
    pub(super) fn prelude(&self) -> Option<&str> {
        (!self.keeps_state()).then_some(&self.settings.prelude)
    }

    /// Returns whether a request may be sent before the answer to the last one has come.
    ///
    /// Not behind a pooler: it may release the server process at any ReadyForQuery, and send the rest of a request that it is
    /// still reading to another process. PgBouncer 1.18 does.
    pub(super) fn may_pipeline(&self) -> bool {
        self.keeps_state()
    }

    /// Records that each statement may go to another server process, where no state persists.
    pub(super) fn expect_pooler(&self) {
        if self.keeps_state.swap(false, Ordering::Relaxed) {
            tracing::info!("found a transaction pooler: statements are no longer prepared");
        }
    }

    fn keeps_state(&self) -> bool {
        self.keeps_state.load(Ordering::Relaxed)
    }
}
