//! The state that all clients share.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pg_session_testkit::error_chain;

use super::slot::{LONG_TTL, Slot};
use crate::history::{Id, Number, Time};
use crate::store::BoxError;

pub(super) struct Shared<S> {
    pub(super) stores: [S; 2],
    slots: Vec<Mutex<Slot>>,
    next_id: AtomicU32,
    next_number: AtomicU32,
    max_calls: u32,
    began: Instant,
    end: Instant,
    /// The ids whose sessions expire, and their time to live.
    short_lived: Mutex<BTreeMap<Id, Duration>>,
    failures: Mutex<Failures>,
}

/// How many calls failed, and why the first one did.
#[derive(Default)]
pub(super) struct Failures {
    pub(super) count: u32,
    pub(super) first: Option<String>,
}

impl<S> Shared<S> {
    pub(super) fn new(stores: [S; 2], slots: impl Iterator<Item = Slot>, max_calls: u32, time: Duration) -> Self {
        let began = Instant::now();
        Self {
            stores,
            slots: slots.map(Mutex::new).collect(),
            next_id: AtomicU32::new(0),
            next_number: AtomicU32::new(0),
            max_calls,
            began,
            end: began + time,
            short_lived: Mutex::default(),
            failures: Mutex::default(),
        }
    }

    pub(super) fn now(&self) -> Time {
        self.began.elapsed()
    }

    pub(super) fn any_slot(&self, rng: &mut fastrand::Rng) -> &Mutex<Slot> {
        &self.slots[rng.usize(0..self.slots.len())]
    }

    /// Returns an id for sessions with this time to live.
    pub(super) fn new_id(&self, ttl: Duration) -> Id {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        if ttl != LONG_TTL {
            lock(&self.short_lived).insert(id, ttl);
        }
        id
    }

    /// Returns how many ids there are. They are numbered from 0.
    pub(super) fn ids(&self) -> Id {
        self.next_id.load(Ordering::Relaxed)
    }

    /// Returns the number of the next call, or `None` at the end of the run.
    pub(super) fn next_number(&self) -> Option<Number> {
        let is_time_left = Instant::now() < self.end;
        let next = |number| (is_time_left && number < self.max_calls).then_some(number + 1);
        self.next_number.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).ok()
    }

    /// Returns the number of the next call, also after the end of the run.
    pub(super) fn late_number(&self) -> Number {
        self.next_number.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn record_failure(&self, error: &BoxError) {
        let mut failures = lock(&self.failures);
        failures.count += 1;
        failures.first.get_or_insert_with(|| error_chain(&**error));
    }

    pub(super) fn take_short_lived(&self) -> BTreeMap<Id, Duration> {
        std::mem::take(&mut *lock(&self.short_lived))
    }

    pub(super) fn take_failures(&self) -> Failures {
        std::mem::take(&mut *lock(&self.failures))
    }
}

/// Locks a mutex. A panic leaves no value half changed, so poisoning is ignored.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::iter;

    use super::*;

    #[derive(Debug)]
    struct Lost(io::Error);

    impl std::fmt::Display for Lost {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("the connection was lost")
        }
    }

    impl std::error::Error for Lost {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn the_first_failure_is_recorded_with_its_cause() {
        let shared = Shared::new([(), ()], iter::empty(), 0, Duration::ZERO);
        shared.record_failure(&Lost(io::Error::other("reset by peer")).into());
        shared.record_failure(&"another".into());
        let failures = shared.take_failures();
        assert_eq!((failures.count, failures.first.as_deref()), (2, Some("the connection was lost: reset by peer")));
    }
}
