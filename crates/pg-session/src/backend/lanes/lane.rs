//! What waits for a connection, and the task that sends it.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::batch::Member;
use super::call::{Answer, Call};
use super::route::Route;
use super::speaker::Speaker;
use crate::backend::Command;
use crate::error::{Error, ErrorKind, Result};

/// What goes in one batch at most, so that nobody is held up for long.
const BATCH: usize = 256;
const BATCH_BYTES: usize = 1024 * 1024;

/// Batches of at least so many go one behind the other: PostgreSQL has the next at hand when it has done with the first.
const HALF: usize = 48;

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
    /// Wakes the task when enough waits.
    idle: Option<Waker>,
    enough: usize,
}

impl Lane {
    pub(super) fn new(route: Arc<Route>, room: usize) -> Self {
        Self { route, room, queue: Mutex::default(), tasks: TaskTracker::new() }
    }

    pub(super) fn submit(self: &Arc<Self>, command: Command) -> Result<Answer> {
        let (call, answer) = Call::new(command, self.route.timeout);
        let mut queue = self.queue();
        if queue.is_closing {
            return Err(Error::closed());
        }
        if queue.waiting.len() >= self.room {
            let message =
                format!("{} calls wait already for one connection; slow down, or raise max_waiting", self.room);
            return Err(Error::new(ErrorKind::Overloaded, message).retryable());
        }
        let mut task = None;
        if !queue.is_served {
            let runtime = Handle::try_current().map_err(|error| {
                Error::configuration("there is no Tokio runtime here: call the store from within one").caused_by(error)
            })?;
            task = Some((runtime, self.tasks.track_future(Speaker::new(Arc::clone(self)).run())));
            queue.is_served = true;
        }
        queue.waiting.push_back(call);
        let idle = if queue.waiting.len() >= queue.enough { queue.idle.take() } else { None };
        drop(queue);
        idle.into_iter().for_each(Waker::wake);
        // A runtime that has ended drops the task at once, and the task wants the queue.
        if let Some((runtime, task)) = task {
            runtime.spawn(task);
        }
        Ok(answer)
    }

    /// Waits until there is enough to send while `flying` calls are under way, or until the lane closes.
    pub(super) async fn work(&self, flying: usize) {
        let enough = enough(flying);
        poll_fn(|context| {
            let mut queue = self.queue();
            if queue.waiting.len() >= enough || (queue.is_closing && flying == 0) {
                return Poll::Ready(());
            }
            queue.idle = Some(context.waker().clone());
            queue.enough = enough;
            Poll::Pending
        })
        .await;
    }

    /// Whether nothing waits, nor will.
    pub(super) fn is_over(&self) -> bool {
        let queue = self.queue();
        queue.is_closing && queue.waiting.is_empty()
    }

    /// The next batch while `flying` calls are under way. Without those that nobody waits for any more, and those that
    /// must wait for one with the same key that `is_flying`: it may have to go again.
    pub(super) fn batch(&self, flying: usize, is_flying: impl Fn(&str) -> bool) -> Vec<Call> {
        let mut queue = self.queue();
        let most = most(queue.waiting.len(), flying);
        let mut batch = Vec::with_capacity(queue.waiting.len().min(most));
        let (mut bytes, mut held_up) = (0, Vec::new());
        while batch.len().max(held_up.len()) < most && bytes < BATCH_BYTES {
            let Some(call) = queue.waiting.pop_front() else { break };
            if is_flying(call.command().key()) {
                held_up.push(call);
            } else if call.is_wanted() {
                bytes += call.command().size();
                batch.push(call);
            }
        }
        held_up.into_iter().rev().for_each(|call| queue.waiting.push_front(call));
        batch
    }

    /// Takes those whose deadline is before `time`.
    pub(super) fn due(&self, time: Instant) -> Vec<Call> {
        let mut queue = self.queue();
        let count = queue.waiting.iter().take_while(|call| call.deadline() <= time).count();
        queue.waiting.drain(..count).collect()
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.queue().waiting.front().map(Call::deadline)
    }

    pub(super) fn everything(&self) -> VecDeque<Call> {
        mem::take(&mut self.queue().waiting)
    }

    /// Puts calls back, where they were: before all that came later.
    pub(super) fn put_back(&self, calls: Vec<Call>) {
        let mut queue = self.queue();
        calls.into_iter().rev().for_each(|call| queue.waiting.push_front(call));
        queue.waiting.make_contiguous().sort_by_key(Call::deadline);
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
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many must wait to be sent. While others are under way, as many again: small batches are dear.
fn enough(flying: usize) -> usize {
    match flying {
        0 => 1,
        1..=BATCH => flying.max(HALF),
        _ => usize::MAX,
    }
}

/// How many go in one batch: half of all, if that is enough.
fn most(waiting: usize, flying: usize) -> usize {
    match (waiting + flying) / 2 {
        ..HALF => waiting,
        // The second half has the odd one.
        half if flying > 0 => (waiting + flying - half).min(BATCH),
        half => half.min(BATCH),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::time::Duration;

    use smallvec::smallvec;

    use super::*;
    use crate::backend::Statement;
    use crate::backend::lanes::conninfo::ConnInfo;

    /// The sizes of the batches that go, one behind the other, of so many calls at once.
    fn batches(mut waiting: usize) -> Vec<usize> {
        let mut sizes: Vec<usize> = Vec::new();
        while waiting > 0 && waiting >= enough(sizes.iter().sum()) {
            let size = most(waiting, sizes.iter().sum());
            sizes.push(size);
            waiting -= size;
        }
        sizes
    }

    #[test]
    fn what_goes_again_keeps_its_deadline() {
        let (second, info) = (Duration::from_secs(1), ConnInfo::parse("postgres://localhost").unwrap());
        let prepare = AtomicBool::new(true);
        let route = Route { info, timeout: 9 * second, patience: second, settings: String::new(), prepare };
        let lane = Lane::new(Arc::new(route), 9);
        let statement = Arc::new(Statement { name: "get", sql: String::new(), many: None, repeatable: true });
        let call = |limit| Call::new(Command { statement: Arc::clone(&statement), params: smallvec![] }, limit);
        let ((late, _late), (soon, _soon)) = (call(9 * second), call(second));
        // In the order of their keys, as in a group.
        lane.put_back(vec![late, soon]);
        assert_eq!(lane.due(Instant::now() + 2 * second).len(), 1);
        assert!(lane.next_deadline().is_some_and(|deadline| deadline > Instant::now() + 5 * second));
    }

    #[test]
    fn few_go_together_and_many_in_two_halves() {
        assert_eq!(batches(1), [1]);
        assert_eq!(batches(95), [95]);
        assert_eq!(batches(96), [48, 48]);
        assert_eq!(batches(97), [48, 49]);
        assert_eq!(batches(400), [200, 200]);
        assert_eq!(batches(100_000), [256, 256]);
    }
}
