//! A command and its pending reply.

use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::time::Instant;

use crate::backend::budget::Permit;
use crate::backend::command::{Command, Reply, Statement};
use crate::error::{Error, Result};

/// The lane's side of a call. Dropping it answers the call, if nothing else has.
pub(super) struct Call {
    shared: Arc<Shared>,
    /// The hash of the command's key. Calls on one key keep their order.
    pub(super) key: u64,
    /// How many times it was sent.
    pub(super) attempts: u32,
    /// Whether it must not share a batch.
    pub(super) is_alone: bool,
    /// Whether another transaction held a lock on its row, or on the table, when it was tried last.
    pub(super) is_locked: bool,
    is_answered: bool,
}

/// The caller's side of a call: a future of the reply. A call whose answer was dropped is not sent.
pub(super) struct Answer(Arc<Shared>);

struct Shared {
    command: Command,
    /// Returned with the memory of the command.
    _permit: Option<Permit>,
    deadline: Instant,
    state: Mutex<State>,
}

enum State {
    Pending(Option<Waker>),
    Answered(Result<Reply>),
    Taken,
}

impl Call {
    #[cfg(test)]
    pub(super) fn new(command: Command, key: u64, deadline: Instant) -> (Self, Answer) {
        Self::with_permit(command, key, deadline, None)
    }

    pub(super) fn with_permit(command: Command, key: u64, deadline: Instant, permit: Option<Permit>) -> (Self, Answer) {
        let shared = Arc::new(Shared { command, _permit: permit, deadline, state: Mutex::new(State::Pending(None)) });
        (
            Self {
                shared: Arc::clone(&shared),
                key,
                attempts: 0,
                is_alone: false,
                is_locked: false,
                is_answered: false,
            },
            Answer(shared),
        )
    }

    pub(super) fn deadline(&self) -> Instant {
        self.shared.deadline
    }

    pub(super) fn command(&self) -> &Command {
        &self.shared.command
    }

    /// Returns whether it must be sent as a statement of its own.
    pub(super) fn goes_alone(&self) -> bool {
        self.is_alone || self.command().statement.many.is_none()
    }

    /// Returns whether it reads a session by its id, and was sent once. Long reads have no form for batches.
    pub(super) fn is_first_read(&self) -> bool {
        let Statement { reads_only, many, .. } = &*self.command().statement;
        *reads_only && many.is_some() && self.attempts == 1
    }

    /// Returns whether the caller still waits. Otherwise the call is not sent.
    pub(super) fn is_wanted(&self) -> bool {
        !self.is_answered && Arc::strong_count(&self.shared) > 1
    }

    /// Answers the call. Later answers have no effect.
    pub(super) fn answer(&mut self, reply: Result<Reply>) {
        if mem::replace(&mut self.is_answered, true) {
            return;
        }
        let before = mem::replace(&mut *self.shared.state(), State::Answered(reply));
        if let State::Pending(Some(waker)) = before {
            waker.wake();
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if self.is_wanted() {
            self.answer(Err(Error::unanswered("the Tokio runtime of the connection has ended before the answer came")));
        }
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
        match mem::replace(&mut *state, State::Taken) {
            State::Answered(reply) => Poll::Ready(reply),
            State::Pending(_) => {
                *state = State::Pending(Some(context.waker().clone()));
                Poll::Pending
            }
            State::Taken => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Wake;

    use smallvec::smallvec;

    use super::*;

    /// Polls the answer as soon as it is woken, on the waking thread.
    struct PollOnWake(Mutex<Answer>);

    impl Wake for PollOnWake {
        fn wake(self: Arc<Self>) {
            let mut answer = self.0.lock().unwrap();
            assert!(Pin::new(&mut *answer).poll(&mut Context::from_waker(Waker::noop())).is_ready());
        }
    }

    #[test]
    fn a_woken_caller_finds_its_answer() {
        let statement = Arc::new(Statement {
            name: "get",
            sql: String::new(),
            native: None,
            many: None,
            no_wal_flush: true,
            reads_only: true,
            idempotent: true,
        });
        let (mut call, answer) = Call::new(Command { statement, params: smallvec![] }, 0, Instant::now());
        let caller = Arc::new(PollOnWake(Mutex::new(answer)));
        let waker = Waker::from(Arc::clone(&caller));
        let pending = Pin::new(&mut *caller.0.lock().unwrap()).poll(&mut Context::from_waker(&waker)).is_pending();
        assert!(pending);
        call.answer(Ok(Reply::default()));
    }
}
