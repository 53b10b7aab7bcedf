//! What the callers and the lanes of a store share.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::call::{Answer, Call};
use super::dialer::Dialer;
use super::outage::OutageLog;
use super::queue::{Queue, Wakeup};
use super::rescue;
use crate::backend::budget::{Budget, KeyedBudget, places_of_one_key, too_many_on_one_key};
use crate::backend::command::Command;
use crate::backend::options::BackendOptions;
use crate::error::{Error, ErrorKind, Result};

pub(super) struct Shared {
    pub(super) dialer: Dialer,
    pub(super) outage_log: OutageLog,
    /// The longest that one call may take.
    pub(super) timeout: Duration,
    /// How long an outage may last before calls fail at once instead of waiting for its end.
    fail_fast_after: Duration,
    /// How many calls may wait.
    capacity: usize,
    pub(super) budget: KeyedBudget,
    /// Hashes keys, which clients may choose.
    hasher: RandomState,
    queue: Mutex<Queue>,
    /// When a connection was last slow to answer.
    suspected_at: Mutex<Option<Instant>>,
    pub(super) tasks: TaskTracker,
    /// One for each lane, and for the reserve.
    notifies: Box<[Notify]>,
}

/// The lanes to spawn a task for, on this runtime.
pub(super) struct MissingTasks {
    pub(super) runtime: Handle,
    pub(super) lanes: Vec<usize>,
    /// Closing the store waits for them, also before they are spawned.
    _token: TaskTrackerToken,
}

impl Shared {
    pub(super) fn new(dialer: Dialer, options: &BackendOptions) -> Self {
        Self {
            dialer,
            outage_log: OutageLog::default(),
            timeout: options.timeout,
            fail_fast_after: options.timeout / 2,
            capacity: options.max_waiting,
            budget: KeyedBudget::new(Budget::new(options.max_waiting_bytes)),
            hasher: RandomState::new(),
            queue: Mutex::new(Queue::new(options.connections)),
            suspected_at: Mutex::default(),
            tasks: TaskTracker::new(),
            notifies: (0..=options.connections).map(|_| Notify::new()).collect(),
        }
    }

    /// Adds a call to the queue. Returns its answer, and the lanes whose task is missing, for the caller to spawn.
    pub(super) fn submit(&self, command: Command, deadline: Instant) -> Result<(Answer, Option<MissingTasks>)> {
        let key = self.hasher.hash_one(command.key());
        let bytes = command.size();
        let permit = self.budget.total().take(bytes)?;
        let (call, answer) = Call::with_permit(command, key, deadline, Some(permit));
        let mut queue = self.queue();
        if queue.is_closing() {
            return Err(Error::closed());
        }
        if queue.waiting() >= self.capacity {
            let message =
                format!("the queue is full: {} calls are waiting; slow down, or raise the limit", self.capacity);
            return Err(Error::new(ErrorKind::Overloaded, message).retryable().about_option("max_waiting"));
        }
        let mut runtime = None;
        if queue.lacks_task() {
            runtime = match Handle::try_current().or_else(|error| rescue::runtime().cloned().ok_or(error)) {
                Ok(runtime) => Some(runtime),
                Err(_) if queue.has_task() => None,
                Err(error) => return Err(Error::no_runtime(error)),
            };
        }
        let wakeup = queue.push(call, |calls, waiting| self.may_wait(calls, waiting, bytes))?;
        let missing =
            runtime.map(|runtime| MissingTasks { runtime, lanes: queue.claim_absent(), _token: self.tasks.token() });
        drop(queue);
        self.notify(&wakeup);
        Ok((answer, missing))
    }

    /// Checks whether a call may wait behind so many calls on its key.
    fn may_wait(&self, calls: usize, waiting_bytes: usize, bytes: usize) -> Result<()> {
        if calls >= places_of_one_key(self.capacity) {
            let message = format!(
                "the queue is full for this session: {calls} calls are waiting, its share of {}; slow down, or raise the \
                 limit",
                self.capacity
            );
            return Err(Error::new(ErrorKind::Overloaded, message).retryable().about_option("max_waiting"));
        }
        if self.budget.total().has_room_behind(waiting_bytes, bytes) { Ok(()) } else { Err(too_many_on_one_key()) }
    }

    /// Records that a connection is slow to answer. A firewall may have dropped it, and others with it: those that are idle are
    /// checked before they are used.
    pub(super) fn suspect_silence(&self, now: Instant) {
        *self.suspected_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    /// Returns when a connection was last slow to answer.
    pub(super) fn suspected_at(&self) -> Option<Instant> {
        *self.suspected_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the number of the lane that connects only while all others are stuck.
    pub(super) fn reserve(&self) -> usize {
        self.notifies.len() - 1
    }

    /// Returns whether the store is closing and no call waits.
    pub(super) fn is_drained(&self) -> bool {
        self.queue().is_drained()
    }

    /// Returns whether calls wait or are in flight.
    pub(super) fn is_busy(&self) -> bool {
        self.queue().is_busy()
    }

    /// Returns the waiting calls whose deadline has passed.
    pub(super) fn expire(&self, now: Instant) -> Vec<Call> {
        let (calls, wakeup) = self.queue().expire(now);
        self.notify(&wakeup);
        calls
    }

    pub(super) fn next_retry(&self) -> Option<Instant> {
        self.queue().next_retry()
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.queue().next_deadline()
    }

    /// Records that a call needs a new connection: if no other one answers, an outage may have begun.
    pub(super) fn begins_to_connect(&self) {
        self.queue().outage();
    }

    /// After a failed attempt to connect, returns the calls that should not wait for another: none at first, and none while
    /// another lane has a connection. A permanent failure is not worth waiting for.
    pub(super) fn give_up(&self, is_permanent: bool) -> Vec<Call> {
        let mut queue = self.queue();
        match queue.outage() {
            Some(outage) if is_permanent || outage >= self.fail_fast_after => {}
            _ => return Vec::new(),
        }
        let (calls, wakeup) = queue.drain();
        drop(queue);
        self.notify(&wakeup);
        calls
    }

    /// Fails a call because PostgreSQL cannot be reached.
    pub(super) fn fail(&self, call: &mut Call, error: Error) {
        self.outage_log.count_failed();
        call.answer(Err(error));
    }

    /// Refuses calls from now on. The lanes' tasks end once nothing is left to do.
    pub(super) fn shut_down(&self) {
        let wakeup = self.queue().close();
        self.notify(&wakeup);
    }

    /// Changes the queue, and notifies the lanes that now have work.
    pub(super) fn with_queue<T>(&self, change: impl FnOnce(&mut Queue) -> (T, Wakeup)) -> T {
        let (result, wakeup) = change(&mut self.queue());
        self.notify(&wakeup);
        result
    }

    /// Waits until the lane is notified.
    pub(super) async fn notified(&self, lane: usize) {
        self.notifies[lane].notified().await;
    }

    /// Must not be called while the queue is locked: waking a task may drop it, and a dropped lane locks the queue.
    fn notify(&self, wakeup: &Wakeup) {
        wakeup.0.iter().for_each(|lane| self.notifies[*lane].notify_one());
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
