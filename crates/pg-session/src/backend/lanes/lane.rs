//! What waits for a connection, and the task that sends it.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::call::Call;
use super::route::Route;
use super::speaker::Speaker;
use crate::backend::{Command, Reply};
use crate::error::{Error, ErrorKind, Result};

/// What goes in one batch at most, so that nobody is held up for long.
const BATCH: usize = 256;
const BATCH_BYTES: usize = 1024 * 1024;

pub(super) struct Lane {
    pub(super) route: Arc<Route>,
    /// How many calls may wait.
    room: usize,
    queue: Mutex<Queue>,
    tasks: TaskTracker,
}

#[derive(Default)]
struct Queue {
    /// The oldest first.
    waiting: VecDeque<Call>,
    is_served: bool,
    is_closing: bool,
    /// Wakes the task when there is something to send.
    idle: Option<Waker>,
}

impl Lane {
    pub(super) fn new(route: Arc<Route>, room: usize) -> Self {
        Self { route, room, queue: Mutex::default(), tasks: TaskTracker::new() }
    }

    pub(super) async fn run(self: &Arc<Self>, command: Command) -> Result<Reply> {
        let (call, reply) = Call::new(command, self.route.timeout);
        self.enter(call)?;
        reply.await.unwrap_or_else(|_| Err(Error::unanswered("the runtime that spoke to PostgreSQL has ended")))
    }

    fn enter(self: &Arc<Self>, call: Call) -> Result<()> {
        let mut queue = self.queue();
        if queue.waiting.len() >= self.room {
            let message =
                format!("{} calls wait already for one connection; slow down, or raise max_waiting", self.room);
            return Err(Error::new(ErrorKind::Overloaded, message).retryable());
        }
        if !queue.is_served {
            let runtime = Handle::try_current().map_err(|error| {
                Error::configuration("there is no Tokio runtime here: call the store from within one").caused_by(error)
            })?;
            self.tasks.spawn_on(Speaker::new(Arc::clone(self)).run(), &runtime);
            queue.is_served = true;
        }
        queue.waiting.push_back(call);
        let idle = queue.idle.take();
        drop(queue);
        idle.into_iter().for_each(Waker::wake);
        Ok(())
    }

    /// Waits until something waits, or the lane closes.
    pub(super) async fn work(&self) {
        poll_fn(|context| {
            let mut queue = self.queue();
            if !queue.waiting.is_empty() || queue.is_closing {
                return Poll::Ready(());
            }
            queue.idle = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Whether nothing waits, nor will.
    pub(super) fn is_over(&self) -> bool {
        let queue = self.queue();
        queue.is_closing && queue.waiting.is_empty()
    }

    /// The next batch, without those that nobody waits for any more.
    pub(super) fn batch(&self) -> Vec<Call> {
        let mut queue = self.queue();
        let mut batch = Vec::with_capacity(queue.waiting.len().min(BATCH));
        let mut bytes = 0;
        while batch.len() < BATCH && bytes < BATCH_BYTES {
            let Some(call) = queue.waiting.pop_front() else { break };
            if call.is_wanted() {
                bytes += call.command.size();
                batch.push(call);
            }
        }
        batch
    }

    /// Takes those whose deadline is before `time`.
    pub(super) fn due(&self, time: Instant) -> Vec<Call> {
        let mut queue = self.queue();
        let count = queue.waiting.iter().take_while(|call| call.deadline <= time).count();
        queue.waiting.drain(..count).collect()
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.queue().waiting.front().map(|call| call.deadline)
    }

    pub(super) fn everything(&self) -> VecDeque<Call> {
        mem::take(&mut self.queue().waiting)
    }

    /// Puts calls back, before all others.
    pub(super) fn put_back(&self, calls: Vec<Call>) {
        let mut queue = self.queue();
        calls.into_iter().rev().for_each(|call| queue.waiting.push_front(call));
    }

    /// The task is no more, with its runtime perhaps: the next call starts another. Those that wait are told by the drop.
    pub(super) fn unserved(&self) {
        let mut queue = self.queue();
        queue.is_served = false;
        let left = (mem::take(&mut queue.waiting), queue.idle.take());
        drop(queue);
        drop(left);
    }

    /// Lets the task end, once nothing is left to do.
    pub(super) fn hang_up(&self) {
        let mut queue = self.queue();
        queue.is_closing = true;
        let idle = queue.idle.take();
        drop(queue);
        idle.into_iter().for_each(Waker::wake);
    }

    pub(super) async fn close(&self) {
        self.hang_up();
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
