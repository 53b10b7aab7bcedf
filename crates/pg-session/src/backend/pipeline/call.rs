//! A command, and who waits for its reply.

use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::time::Instant;

use super::batch::Member;
use crate::backend::{Command, Reply};
use crate::error::{Error, Result};

/// What the lane has of a call. It is small to move, and one is answered by its drop at the latest.
pub(super) struct Call {
    shared: Arc<Shared>,
    /// A hash of the command's key: those with the same keep their order.
    pub(super) key: u64,
    /// How often it was sent.
    pub(super) tries: u32,
    pub(super) is_alone: bool,
    is_answered: bool,
}

/// What the caller has of it: the reply to come. A call whose answer was dropped is not sent.
pub(super) struct Answer(Arc<Shared>);

struct Shared {
    command: Command,
    deadline: Instant,
    state: Mutex<State>,
}

enum State {
    Open(Option<Waker>),
    Answered(Result<Reply>),
    Over,
}

impl Call {
    pub(super) fn new(command: Command, key: u64, limit: Duration) -> (Self, Answer) {
        let deadline = Instant::now() + limit;
        let shared = Arc::new(Shared { command, deadline, state: Mutex::new(State::Open(None)) });
        (Self { shared: Arc::clone(&shared), key, tries: 0, is_alone: false, is_answered: false }, Answer(shared))
    }

    pub(super) fn deadline(&self) -> Instant {
        self.shared.deadline
    }

    /// Whether it must have a statement of its own.
    pub(super) fn goes_alone(&self) -> bool {
        self.is_alone || self.command().statement.many.is_none()
    }

    /// Whether somebody still waits for it. What nobody waits for is not sent.
    pub(super) fn is_wanted(&self) -> bool {
        !self.is_answered && Arc::strong_count(&self.shared) > 1
    }

    /// The first answer is the one that counts.
    pub(super) fn answer(&mut self, reply: Result<Reply>) {
        if mem::replace(&mut self.is_answered, true) {
            return;
        }
        let before = mem::replace(&mut *self.shared.state(), State::Answered(reply));
        if let State::Open(Some(waker)) = before {
            waker.wake();
        }
    }
}

/// The lane's task is no more.
impl Drop for Call {
    fn drop(&mut self) {
        if self.is_wanted() {
            self.answer(Err(Error::unanswered("the runtime that spoke to PostgreSQL has ended")));
        }
    }
}

impl Member for Call {
    fn command(&self) -> &Command {
        &self.shared.command
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answer {
    pub(super) fn command(&self) -> &Command {
        &self.0.command
    }
}

impl Future for Answer {
    type Output = Result<Reply>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.0.state();
        match mem::replace(&mut *state, State::Over) {
            State::Answered(reply) => Poll::Ready(reply),
            State::Open(_) => {
                *state = State::Open(Some(context.waker().clone()));
                Poll::Pending
            }
            State::Over => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Wake;

    use smallvec::smallvec;

    use super::*;
    use crate::backend::Statement;

    /// Polls as soon as it is woken, on the thread that wakes.
    struct AtOnce(Mutex<Answer>);

    impl Wake for AtOnce {
        fn wake(self: Arc<Self>) {
            let mut answer = self.0.lock().unwrap();
            assert!(Pin::new(&mut *answer).poll(&mut Context::from_waker(Waker::noop())).is_ready());
        }
    }

    #[test]
    fn who_is_woken_finds_the_answer() {
        let statement = Arc::new(Statement {
            name: "get",
            sql: String::new(),
            many: None,
            no_wal_flush: true,
            reads_only: true,
            idempotent: true,
        });
        let (mut call, answer) = Call::new(Command { statement, params: smallvec![] }, 0, Duration::from_secs(1));
        let caller = Arc::new(AtOnce(Mutex::new(answer)));
        let waker = Waker::from(Arc::clone(&caller));
        let pending = Pin::new(&mut *caller.0.lock().unwrap()).poll(&mut Context::from_waker(&waker)).is_pending();
        assert!(pending);
        call.answer(Ok(Reply::default()));
    }
}
