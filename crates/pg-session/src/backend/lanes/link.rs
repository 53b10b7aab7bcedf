//! The way to the server: a connection that is opened when it is needed, and again when it was lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use super::connection::Connection;
use super::conninfo::ConnInfo;
use crate::error::{ErrorKind, Result};

/// The pause after a failed attempt: the first, and the longest, to which it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// For all lanes of a store: where the server is, and what is known of what lies in between.
pub(super) struct Route {
    pub(super) info: ConnInfo,
    /// How long an outage may last before calls fail at once, instead of waiting for its end.
    pub(super) patience: Duration,
    /// How long a batch may take before its connection counts as dead.
    pub(super) limit: Duration,
    /// Settings for our sessions. A pooler does not take them.
    pub(super) settings: String,
    /// Whether statements are prepared, which a pooler does not take either.
    pub(super) prepare: AtomicBool,
}

pub(super) struct Link {
    route: Arc<Route>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: Option<Arc<Connection>>,
    outage: Option<Outage>,
}

struct Outage {
    began: Instant,
    pause: Duration,
    next_attempt: Instant,
}

impl Link {
    pub(super) fn new(route: Arc<Route>) -> Self {
        Self { route, state: Mutex::default() }
    }

    /// The open connection, or a new one. Waits for the end of an outage; in a long one, for the next attempt only.
    pub(super) async fn connection(&self) -> Result<Arc<Connection>> {
        let mut state = self.state.lock().await;
        if let Some(open) = state.open.as_ref().filter(|open| !open.is_closed()) {
            return Ok(Arc::clone(open));
        }
        loop {
            if let Some(outage) = &state.outage {
                sleep_until(outage.next_attempt).await;
            }
            match self.route.connect().await {
                Ok(connection) => {
                    let connection = Arc::new(connection);
                    *state = State { open: Some(Arc::clone(&connection)), outage: None };
                    return Ok(connection);
                }
                Err(error) => {
                    let outage = Outage::after(state.outage.take());
                    let is_long = outage.began.elapsed() >= self.route.patience;
                    state.outage = Some(outage);
                    // What is refused for good is not worth a wait.
                    if is_long || error.kind() == ErrorKind::Configuration {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Takes a connection out of use, unless it has been replaced already.
    pub(super) async fn discard(&self, connection: &Arc<Connection>) {
        let mut state = self.state.lock().await;
        state.open.take_if(|open| Arc::ptr_eq(open, connection));
    }

    pub(super) async fn close(&self) {
        let open = self.state.lock().await.open.take();
        if let Some(connection) = open.and_then(Arc::into_inner) {
            connection.close().await;
        }
    }

    pub(super) fn route(&self) -> &Route {
        &self.route
    }
}

impl Outage {
    /// Doubles the pause, and takes up to a quarter off, so that not all come back at the same moment.
    fn after(before: Option<Self>) -> Self {
        let now = Instant::now();
        let (began, pause) = match before {
            None => (now, FIRST_PAUSE),
            Some(before) => (before.began, (before.pause * 2).min(LONGEST_PAUSE)),
        };
        Self { began, pause, next_attempt: now + pause.mul_f64(1.0 - 0.25 * fastrand::f64()) }
    }
}

impl Route {
    async fn connect(&self) -> Result<Connection> {
        if self.prepare.load(Ordering::Relaxed) {
            match self.info.connect(&self.settings).await {
                // A pooler's way to say that it takes no settings with the login.
                Err(error) if matches!(error.sqlstate(), Some("08P01" | "0A000")) => self.use_a_pooler(),
                connected => return Ok(Connection::new(connected?, true)),
            }
        }
        Ok(Connection::new(self.info.connect("").await?, false))
    }

    /// From here on nothing is kept in a server process: the next statement may go to another.
    pub(super) fn use_a_pooler(&self) {
        self.prepare.store(false, Ordering::Relaxed);
        tracing::info!("there is a pooler in between: statements are not prepared");
    }
}
