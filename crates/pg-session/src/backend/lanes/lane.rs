//! One connection at a time, and what waits for it. What came in while the last batch was under way is the next batch:
//! nothing waits for a timer, and a lone call goes at once.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_postgres::Row;

use super::batch::{Group, groups};
use super::link::Link;
use crate::backend::{Command, Reply, text_rows};
use crate::error::{Error, ErrorKind, Result};

/// What goes in one batch at most, so that nobody is held up for long.
const BATCH: usize = 256;
const BATCH_BYTES: usize = 1024 * 1024;

/// How often a batch is sent, when its connection is lost each time.
const TRIES: u32 = 3;

/// How a transaction pooler shows that it leads each statement to whatever server process is free (SQLSTATE).
const NO_SUCH_STATEMENT: &str = "26000";
const STATEMENT_EXISTS: &str = "42P05";

pub(super) struct Lane {
    link: Link,
    /// How many commands may wait.
    room: usize,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Call>,
    /// Whether somebody has the turn to send, and will look here when it is over.
    taken: bool,
}

/// A command, and who waits for its reply.
struct Call {
    command: Command,
    answer: oneshot::Sender<Result<Reply>>,
}

impl Call {
    /// Whether somebody still waits for it. What nobody waits for is not sent.
    fn is_wanted(&self) -> bool {
        !self.answer.is_closed()
    }

    fn answer(self, reply: Result<Reply>) {
        // Whoever does not wait any more needs no answer.
        let _ = self.answer.send(reply);
    }
}

impl AsRef<Command> for Call {
    fn as_ref(&self) -> &Command {
        &self.command
    }
}

impl Lane {
    pub(super) fn new(link: Link, room: usize) -> Self {
        Self { link, room, queue: Mutex::default() }
    }

    /// A caller that finds nobody sending sends by itself: there is no task to wake.
    pub(super) async fn run(self: &Arc<Self>, command: Command) -> Result<Reply> {
        let (answer, reply) = oneshot::channel();
        let own = self.queue().enter(Call { command, answer }, self.room)?;
        if let Some(call) = own {
            send(Turn(Arc::clone(self)), vec![call]).await;
        }
        reply.await.unwrap_or_else(|_| Err(Error::unanswered("the runtime that spoke to PostgreSQL has ended")))
    }

    pub(super) async fn close(&self) {
        self.link.close().await;
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// Gives the call back where it is its own turn.
    fn enter(&mut self, call: Call, room: usize) -> Result<Option<Call>> {
        if !mem::replace(&mut self.taken, true) {
            return Ok(Some(call));
        }
        if self.waiting.len() >= room {
            let message = format!("{room} calls wait already for one connection; slow down, or raise max_waiting");
            return Err(Error::new(ErrorKind::Overloaded, message).retryable());
        }
        self.waiting.push_back(call);
        Ok(None)
    }

    /// The next batch, without those that nobody waits for any more. None ends the turn.
    fn next_batch(&mut self) -> Option<Vec<Call>> {
        let mut batch = Vec::with_capacity(self.waiting.len().min(BATCH));
        let mut bytes = 0;
        while batch.len() < BATCH && bytes < BATCH_BYTES {
            let Some(call) = self.waiting.pop_front() else { break };
            if call.is_wanted() {
                bytes += call.command.size();
                batch.push(call);
            }
        }
        self.taken = !batch.is_empty();
        self.taken.then_some(batch)
    }
}

/// The right to send. It passes on to a task that sends what has come in meanwhile, also when a caller is dropped.
struct Turn(Arc<Lane>);

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(batch) = self.0.queue().next_batch() else { return };
        let next = Turn(Arc::clone(&self.0));
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(send(next, batch))),
            Err(_) => drop((batch, next)),
        }
    }
}

/// Sends a batch, and answers each call of it.
async fn send(turn: Turn, batch: Vec<Call>) {
    let link = &turn.0.link;
    let mut groups = groups(batch);
    let mut tries = TRIES;
    while !groups.is_empty() {
        let connection = match link.connection().await {
            Ok(connection) => connection,
            Err(error) => return groups.into_iter().for_each(|group| fail(group, &error)),
        };
        // Getting here may have taken a while.
        groups.retain_mut(|group| {
            group.members.retain(Call::is_wanted);
            !group.members.is_empty()
        });
        let Ok(outcomes) = timeout(link.route().limit, connection.run(groups)).await else {
            // Nobody waits any more for the calls of this batch: their own time is up.
            return link.discard(&connection).await;
        };
        let (mut again, mut lost) = (Vec::new(), false);
        for (group, outcome) in outcomes {
            match outcome {
                Ok(rows) => answer(group, &rows),
                Err(error) if matches!(error.sqlstate(), Some(NO_SUCH_STATEMENT | STATEMENT_EXISTS)) && tries > 1 => {
                    link.route().use_a_pooler();
                    lost = true;
                    again.push(group);
                }
                Err(error) if error.kind() == ErrorKind::Unavailable => {
                    lost = true;
                    if tries == 1 || !group.statement.repeatable { fail(group, &error) } else { again.push(group) }
                }
                // Together they fail together: one by one, only the bad ones do.
                Err(_) if group.members.len() > 1 => again.extend(group.apart()),
                Err(error) => fail(group, &error),
            }
        }
        if lost {
            link.discard(&connection).await;
            tries -= 1;
        }
        groups = again;
    }
}

fn answer(group: Group<Call>, rows: &[Row]) {
    let rows = match text_rows(rows) {
        Ok(rows) => rows,
        Err(error) => return fail(group, &error),
    };
    let mut replies: Vec<Reply> = group.members.iter().map(|_| Reply::default()).collect();
    match &mut replies[..] {
        [reply] => reply.rows = rows,
        replies => {
            for mut row in rows {
                let Some(key) = row.remove(0) else { continue };
                replies[group.with_key(&key)].iter_mut().for_each(|reply| reply.rows.push(row.clone()));
            }
        }
    }
    group.members.into_iter().zip(replies).for_each(|(call, reply)| call.answer(Ok(reply)));
}

fn fail(group: Group<Call>, error: &Error) {
    group.members.into_iter().for_each(|call| call.answer(Err(error.clone())));
}
