//! Locks for the updates of one process that merge.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// With so many locks, those that nobody holds are removed.
const FEW: usize = 64;

/// Lets one update at a time merge into a session: concurrent ones would invalidate each other's base and start over.
#[derive(Default)]
pub(crate) struct MergeLocks(Mutex<Locks>);

#[derive(Default)]
struct Locks {
    by_id: HashMap<String, Weak<AsyncMutex<()>>>,
    /// How many there were after the last removal.
    held: usize,
}

impl MergeLocks {
    /// Waits for the lock of this id.
    pub(crate) async fn lock(&self, id: &str) -> OwnedMutexGuard<()> {
        self.of(id).lock_owned().await
    }

    fn of(&self, id: &str) -> Arc<AsyncMutex<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = locks.by_id.get(id).and_then(Weak::upgrade) {
            return lock;
        }
        if locks.by_id.len() >= FEW.max(2 * locks.held) {
            locks.by_id.retain(|_, lock| lock.strong_count() > 0);
            locks.held = locks.by_id.len();
        }
        let lock = Arc::default();
        locks.by_id.insert(id.to_owned(), Arc::downgrade(&lock));
        lock
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_id_waits_for_itself_only() {
        let locks = MergeLocks::default();
        let held = locks.lock("a").await;
        for n in 0..1_000 {
            drop(locks.lock(&n.to_string()).await);
        }
        assert!(locks.of("a").try_lock().is_err(), "it is still held");
        drop(held);
        drop(locks.lock("a").await);
        assert!(locks.0.lock().unwrap().by_id.len() <= FEW, "locks that nobody holds are removed");
    }
}
