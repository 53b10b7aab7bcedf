//! Locks for the updates of one process that merge.

use std::array;
use std::hash::{BuildHasher, RandomState};

use tokio::sync::{Mutex, MutexGuard};

const LOCKS: usize = 64;

/// Lets one update at a time merge into a session: concurrent ones would invalidate each other's base and start over.
pub(crate) struct MergeLocks {
    hasher: RandomState,
    locks: [Mutex<()>; LOCKS],
}

impl MergeLocks {
    /// Waits for the lock of this id. Ids may share a lock.
    pub(crate) async fn lock(&self, id: &str) -> MutexGuard<'_, ()> {
        let lock = self.hasher.hash_one(id) as usize % LOCKS;
        self.locks[lock].lock().await
    }
}

impl Default for MergeLocks {
    fn default() -> Self {
        Self { hasher: RandomState::new(), locks: array::from_fn(|_| Mutex::default()) }
    }
}
