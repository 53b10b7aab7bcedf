//! What the callers and the lanes of a store share.

use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::call::{Answer, Call};
use super::queue::{Next, Queue};
use super::route::Route;
use super::speaker::Speaker;
use crate::backend::Command;
use crate::error::{Error, ErrorKind, Result};

pub(super) struct Pool {
    pub(super) route: Route,
    /// How many calls may wait.
    room: usize,
    /// Of keys, which clients may choose.
    hasher: RandomState,
    queue: Mutex<Queue>,
    tasks: TaskTracker,
}

impl Pool {
    pub(super) fn new(route: Route, lanes: usize, room: usize) -> Self {
        let queue = Mutex::new(Queue::new(lanes));
        Self { route, room, hasher: RandomState::new(), queue, tasks: TaskTracker::new() }
    }

    pub(super) fn submit(self: &Arc<Self>, command: Command) -> Result<Answer> {
        let key = self.hasher.hash_one(command.key());
        let (call, answer) = Call::new(command, key, self.route.timeout);
        let mut queue = self.queue();
        if queue.is_closing() {
            return Err(Error::closed());
        }
        if queue.waiting() >= self.room {
            let message = format!("the queue is full: {} calls are waiting; slow down, or raise the limit", self.room);
            return Err(Error::new(ErrorKind::Overloaded, message).retryable().about_option("max_waiting"));
        }
        if !queue.is_served() {
            Handle::try_current().map_err(|error| {
                Error::configuration("there is no Tokio runtime here: call the store from within one").caused_by(error)
            })?;
        }
        let next = queue.push(call);
        drop(queue);
        self.tell(next);
        Ok(answer)
    }

    /// Whether nothing waits, nor will.
    pub(super) fn is_over(&self) -> bool {
        self.queue().is_over()
    }

    /// Takes those whose deadline is before `time`.
    pub(super) fn due(self: &Arc<Self>, time: Instant) -> Vec<Call> {
        let (calls, next) = self.queue().due(time);
        self.tell(next);
        calls
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.queue().next_deadline()
    }

    /// After an attempt to connect that failed, takes what should not wait for another: nothing at first, and nothing
    /// while another lane has a connection. What fails for good is not worth a wait.
    pub(super) fn give_up(self: &Arc<Self>, is_for_good: bool) -> Vec<Call> {
        let mut queue = self.queue();
        match queue.outage() {
            Some(outage) if is_for_good || outage >= self.route.patience => {}
            _ => return Vec::new(),
        }
        let (calls, next) = queue.everything();
        drop(queue);
        self.tell(next);
        calls
    }

    /// From here on, no call is taken. Lets the tasks end, once nothing is left to do.
    pub(super) fn hang_up(self: &Arc<Self>) {
        let next = self.queue().close();
        self.tell(next);
    }

    pub(super) async fn close(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Never while the queue is locked: who is woken may want it at once, and so does a task that is dropped.
    fn tell(self: &Arc<Self>, next: Next) {
        match next {
            Next::Nobody => {}
            Next::Wake(waker) => waker.wake(),
            Next::All(wakers) => wakers.into_iter().for_each(Waker::wake),
            Next::Start(lane) => {
                // What does not begin is dropped, which says so: another lane will look.
                let task = self.tasks.track_future(Speaker::run(Seat { pool: Arc::clone(self), lane }));
                if let Ok(runtime) = Handle::try_current() {
                    runtime.spawn(task);
                }
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lane's place in the pool. Its end, with the task that has it, is the end of the lane's work: also where a runtime
/// ends, and the task with it.
pub(super) struct Seat {
    pub(super) pool: Arc<Pool>,
    lane: usize,
}

impl Seat {
    /// Waits until there is something to do, or until the pool closes.
    pub(super) async fn work(&self) {
        poll_fn(|context| {
            let looked = self.pool.queue().is_wanted(self.lane, context.waker());
            match looked {
                Ok(()) => Poll::Ready(()),
                Err(next) => {
                    self.pool.tell(next);
                    Poll::Pending
                }
            }
        })
        .await;
    }

    /// Goes for a connection.
    pub(super) fn connecting(&self) {
        self.pool.queue().arrived(self.lane);
    }

    pub(super) fn online(&self) {
        self.pool.queue().online(self.lane);
    }

    /// What to send: calls of one kind. Without those that nobody waits for any more.
    pub(super) fn take(&self) -> Vec<Call> {
        let (calls, next) = self.pool.queue().take(self.lane);
        self.pool.tell(next);
        calls
    }

    /// There is an answer to what was sent with this key. Some of it goes `again`, before all that came later.
    pub(super) fn land(&self, key: u64, again: Vec<Call>) {
        let next = self.pool.queue().land(self.lane, key, again);
        self.pool.tell(next);
    }

    /// What was sent takes long.
    pub(super) fn slow(&self) {
        let next = self.pool.queue().slow(self.lane);
        self.pool.tell(next);
    }

    /// There is no connection any more. Of what was sent, some goes `again`.
    pub(super) fn offline(&self, again: Vec<Call>) {
        let next = self.pool.queue().offline(self.lane, again);
        self.pool.tell(next);
    }
}

/// Those for whom no other lane comes are told by the drop.
impl Drop for Seat {
    fn drop(&mut self) {
        let (left, next) = self.pool.queue().unserved(self.lane);
        drop(left);
        self.pool.tell(next);
    }
}
