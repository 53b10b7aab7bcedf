use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::fault::Faults;

/// The state that the proxy shares with its connections.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) server: (String, u16),
    pub(super) state: watch::Sender<State>,
    faults: Mutex<Option<Faults>>,
    pub(super) connections: AtomicU64,
    pub(super) statements: AtomicU64,
    pub(super) struck: AtomicU64,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct State {
    pub(super) holds_answers: bool,
    pub(super) holds_connections: bool,
    /// How often all connections were closed.
    pub(super) cuts: u64,
}

impl Shared {
    pub(super) fn new(host: String, port: u16) -> Self {
        Self {
            server: (host, port),
            state: watch::Sender::new(State::default()),
            faults: Mutex::default(),
            connections: AtomicU64::new(0),
            statements: AtomicU64::new(0),
            struck: AtomicU64::new(0),
        }
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Option<Faults>> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `is_held` is false.
    pub(super) async fn until_released(&self, is_held: fn(&State) -> bool) {
        // Fails only if the sender is dropped, but `self` owns it.
        let _ = self.state.subscribe().wait_for(|state| !is_held(state)).await;
    }
}
