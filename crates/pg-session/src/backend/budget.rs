//! Limits the bytes of the calls that are accepted and not answered, and the part that one key has of them. No I/O.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, ErrorKind, Result};

/// Calls with more bytes leave a quarter of the limit to smaller ones: most reads go on while writes have to wait.
const SMALL: usize = 4 * 1024;

/// One key, which is one session in most statements, gets this part of the places and of the bytes: one visitor must not
/// take them all.
const SHARES: usize = 8;

pub(crate) struct Budget {
    max_bytes: usize,
    held: AtomicUsize,
}

/// The bytes of one call, which return to the budget when it is dropped.
#[must_use]
pub(crate) struct Permit {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Budget {
    pub(crate) fn new(max_bytes: usize) -> Arc<Self> {
        Arc::new(Self { max_bytes, held: AtomicUsize::new(0) })
    }

    /// Takes the bytes of a call. A call counts as half of its limit at most: the largest one, too, is accepted beside small
    /// ones.
    ///
    /// # Errors
    /// `Overloaded` if they are not left.
    pub(crate) fn take(self: &Arc<Self>, bytes: usize) -> Result<Permit> {
        let limit = if bytes <= SMALL { self.max_bytes } else { self.max_bytes - self.max_bytes / 4 };
        let left_for_others = limit - bytes.min(limit / 2);
        let take = |held: usize| (held <= left_for_others).then(|| held.saturating_add(bytes));
        match self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take) {
            Ok(_) => Ok(Permit { budget: Arc::clone(self), bytes }),
            Err(held) => {
                let all = self.max_bytes;
                Err(overloaded(format!("calls with {held} of {all} bytes are waiting; slow down, or raise the limit")))
            }
        }
    }

    /// Returns whether a call with so many bytes may wait behind the bytes that already wait on its key.
    #[cfg(feature = "native")]
    pub(crate) fn has_room_behind(&self, waiting: usize, bytes: usize) -> bool {
        fits_share(self.max_bytes, waiting, bytes)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A browser may load the parts of one page with this many requests at once.
#[cfg(feature = "native")]
const MIN_PLACES: usize = 16;

/// Returns how many calls may wait on one key.
#[cfg(feature = "native")]
pub(crate) fn places_of_one_key(places: usize) -> usize {
    (places / SHARES).max(MIN_PLACES)
}

/// Returns the error for a key whose calls have used up its part.
pub(crate) fn too_many_on_one_key() -> Error {
    overloaded(format!(
        "the calls that wait for one session have its share, which is one in {SHARES} of all bytes; slow down, or raise the \
         limit"
    ))
}

fn overloaded(problem: String) -> Error {
    Error::new(ErrorKind::Overloaded, format!("the queue is full: {problem}"))
        .retryable()
        .about_option("max_waiting_bytes")
}

/// One call always fits, whatever its size.
fn fits_share(max_bytes: usize, waiting: usize, bytes: usize) -> bool {
    waiting == 0 || waiting.saturating_add(bytes) <= max_bytes / SHARES
}

/// The budget of calls that no queue keeps in the order of their keys.
pub(crate) struct KeyedBudget {
    budget: Arc<Budget>,
    /// Hashes keys, which clients may choose.
    hasher: RandomState,
    /// The bytes of each key that has any.
    keys: Mutex<HashMap<u64, usize>>,
}

/// Like [`Permit`].
#[must_use]
pub(crate) struct KeyedPermit<'a> {
    budget: &'a KeyedBudget,
    key: u64,
    permit: Permit,
}

impl KeyedBudget {
    pub(crate) fn new(budget: Arc<Budget>) -> Self {
        Self { budget, hasher: RandomState::new(), keys: Mutex::default() }
    }

    /// Takes the bytes of a call on this key.
    ///
    /// # Errors
    /// `Overloaded` if they are not left, or not for this key.
    pub(crate) fn take(&self, key: &str, bytes: usize) -> Result<KeyedPermit<'_>> {
        let key = self.hasher.hash_one(key);
        let mut keys = self.keys();
        let held = keys.get(&key).copied().unwrap_or_default();
        if !fits_share(self.budget.max_bytes, held, bytes) {
            return Err(too_many_on_one_key());
        }
        let permit = self.budget.take(bytes)?;
        keys.insert(key, held + bytes);
        Ok(KeyedPermit { budget: self, key, permit })
    }

    /// Returns the budget without the shares of the keys, for calls that are counted by their key elsewhere.
    #[cfg(feature = "native")]
    pub(crate) fn total(&self) -> &Arc<Budget> {
        &self.budget
    }

    fn keys(&self) -> MutexGuard<'_, HashMap<u64, usize>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for KeyedPermit<'_> {
    fn drop(&mut self) {
        let mut keys = self.budget.keys();
        let left = keys.get(&self.key).map_or(0, |held| held - self.permit.bytes);
        match left {
            0 => keys.remove(&self.key),
            left => keys.insert(self.key, left),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_returns() {
        let budget = Budget::new(100);
        let permits: Vec<_> = (0..4).map(|_| budget.take(25).unwrap()).collect();
        let error = budget.take(1).map(drop).unwrap_err();
        assert!(error.kind() == ErrorKind::Overloaded && error.is_retryable(), "{error}");
        assert_eq!(error.option(), Some("max_waiting_bytes"));
        drop(permits);
        drop(budget.take(100).unwrap());
        assert_eq!(budget.held.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_call_over_the_limit_is_accepted_beside_small_ones_and_not_twice() {
        let budget = Budget::new(100);
        let small = budget.take(50).unwrap();
        let large = budget.take(1_000).unwrap();
        assert!(budget.take(1_000).is_err() && budget.take(1).is_err());
        drop((small, large));
        let _large = budget.take(usize::MAX).unwrap();
    }

    #[test]
    fn one_key_has_its_share_and_others_theirs() {
        let budget = KeyedBudget::new(Budget::new(800));
        let permits: Vec<_> = (0..4).map(|_| budget.take("hot", 25).unwrap()).collect();
        assert!(budget.take("hot", 1).is_err());
        let _other = budget.take("other", 500).unwrap();
        drop(permits);
        drop(budget.take("hot", 300).unwrap());
        assert_eq!(budget.keys().len(), 1);
    }
}
