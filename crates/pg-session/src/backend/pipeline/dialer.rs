//! Opens the connections of a store, and records whether they lead through a transaction pooler.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::connection::Connection;
use crate::backend::connect::Stream;
use crate::backend::connect::settings::{self, Settings};
use crate::backend::options::BackendOptions;
use crate::error::Result;

/// Connects and logs in, with these further `options` of the login.
pub(super) type Dial = dyn Fn(String) -> Pin<Box<dyn Future<Output = Result<Stream>> + Send>> + Send + Sync;

/// How long a connection stays with a server that accepts no writes: another host may be writable, and so may the host that
/// the same name stands for after a failover.
const READ_ONLY_OTHER_HOSTS: Duration = Duration::from_secs(1);
const READ_ONLY_ONE_HOST: Duration = Duration::from_secs(30);

pub(super) struct Dialer {
    dial: Box<Dial>,
    settings: Settings,
    /// Whether there are other hosts to connect to.
    has_other_hosts: bool,
    /// The longest message that the server may send, in bytes.
    max_message: usize,
    /// Whether a server process keeps settings and prepared statements for us.
    keeps_state: AtomicBool,
}

impl Dialer {
    pub(super) fn new(dial: Box<Dial>, settings: Settings, has_other_hosts: bool, options: &BackendOptions) -> Self {
        let BackendOptions { prepare, max_message, .. } = *options;
        Self { dial, settings, has_other_hosts, max_message, keeps_state: AtomicBool::new(prepare) }
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

    /// Returns whether statements wait for locks only for a short time, so that calls on locked rows delay no others.
    pub(super) fn limits_locks(&self) -> bool {
        self.settings.limits_locks
    }

    /// Returns the statement to run before one that waits for locks only for some milliseconds.
    pub(super) fn lock_prelude(&self, is_pooled: bool, is_patient: bool) -> &str {
        let preludes = if is_pooled { &self.settings.pooled_lock_preludes } else { &self.settings.lock_preludes };
        &preludes[usize::from(is_patient)]
    }

    /// Returns how old a connection must be to be replaced because its server accepts no writes.
    pub(super) fn read_only_age(&self) -> Duration {
        if self.has_other_hosts { READ_ONLY_OTHER_HOSTS } else { READ_ONLY_ONE_HOST }
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
