//! A command, and who waits for its reply.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::batch::Member;
use crate::backend::{Command, Reply};
use crate::error::Result;

pub(super) struct Call {
    pub(super) command: Command,
    pub(super) deadline: Instant,
    /// How often it was sent.
    pub(super) tries: u32,
    pub(super) is_alone: bool,
    answer: Option<oneshot::Sender<Result<Reply>>>,
}

impl Call {
    pub(super) fn new(command: Command, limit: Duration) -> (Self, oneshot::Receiver<Result<Reply>>) {
        let (answer, reply) = oneshot::channel();
        let deadline = Instant::now() + limit;
        (Self { command, deadline, tries: 0, is_alone: false, answer: Some(answer) }, reply)
    }

    /// Whether somebody still waits for it. What nobody waits for is not sent.
    pub(super) fn is_wanted(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| !answer.is_closed())
    }

    pub(super) fn answer(&mut self, reply: Result<Reply>) {
        if let Some(answer) = self.answer.take() {
            // Whoever does not wait any more needs no answer.
            let _ = answer.send(reply);
        }
    }
}

impl Member for Call {
    fn command(&self) -> &Command {
        &self.command
    }

    fn is_alone(&self) -> bool {
        self.is_alone
    }
}
