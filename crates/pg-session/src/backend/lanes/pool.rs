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
            let message = format!("{} calls wait already; slow down, or raise max_waiting", self.room);
            return Err(Error::new(ErrorKind::Overloaded, message).retryable());
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

    /// Waits until there is something to do for a lane, or until the pool closes.
    pub(super) async fn work(self: &Arc<Self>, lane: usize) {
        poll_fn(|context| {
            let looked = self.queue().is_wanted(lane, context.waker());
            match looked {
                Ok(()) => Poll::Ready(()),
                Err(next) => {
                    self.tell(next);
                    Poll::Pending
                }
            }
        })
        .await;
    }

    /// Whether nothing waits, nor will.
    pub(super) fn is_over(&self) -> bool {
        self.queue().is_over()
    }

    /// What a lane is to send: calls of one kind. Without those that nobody waits for any more.
    pub(super) fn take(self: &Arc<Self>, lane: usize) -> Vec<Call> {
        let (calls, next) = self.queue().take(lane);
        self.tell(next);
        calls
    }

    /// A lane has the answer to what it has sent with this key. Some of it goes `again`, before all that came later.
    pub(super) fn land(self: &Arc<Self>, lane: usize, key: u64, again: Vec<Call>) {
        let next = self.queue().land(lane, key, again);
        self.tell(next);
    }

    pub(super) fn connecting(&self, lane: usize) {
        self.queue().connecting(lane);
    }

    pub(super) fn online(&self, lane: usize) {
        self.queue().online(lane);
    }

    /// A lane has no connection any more. Of what it had sent, some goes `again`.
    pub(super) fn offline(self: &Arc<Self>, lane: usize, again: Vec<Call>) {
        let next = self.queue().offline(lane, again);
        self.tell(next);
    }

    /// What a lane has sent takes long.
    pub(super) fn slow(self: &Arc<Self>, lane: usize) {
        let next = self.queue().slow(lane);
        self.tell(next);
    }

    /// The task of a lane is no more, with its runtime perhaps. Those for whom no other comes are told by the drop.
    pub(super) fn unserved(self: &Arc<Self>, lane: usize) {
        let (left, next) = self.queue().unserved(lane);
        drop(left);
        self.tell(next);
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

    /// Takes all that waits, unless there is a connection to send it by.
    pub(super) fn give_up(self: &Arc<Self>) -> Vec<Call> {
        let mut queue = self.queue();
        if queue.is_anybody_online() {
            return Vec::new();
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
                // What does not begin is dropped, which says so.
                let task = self.tasks.track_future(Speaker::new(Arc::clone(self), lane).run());
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
