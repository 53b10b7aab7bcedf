//! Which runtime polls a lane. A lane can move to another runtime between two polls: what is bound to a runtime, a timer or a
//! socket, compares the home that it was made in with the current one, and moves too.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

thread_local! {
    static CURRENT: Cell<Home> = const { Cell::new(Home(0)) };
}

/// A task that polls a lane, on one runtime.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Home(u64);

impl Home {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// Returns the home of the code that runs now; one value stands for all code outside of lanes.
    pub(super) fn current() -> Self {
        CURRENT.get()
    }

    /// Runs a poll in this home.
    pub(super) fn run<T>(self, poll: impl FnOnce() -> T) -> T {
        let before = CURRENT.replace(self);
        let result = poll();
        CURRENT.set(before);
        result
    }
}
