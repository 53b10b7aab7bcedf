//! The task of a lane: it connects, sends what waits, and answers. A batch is what came in while the last one was under
//! way: nothing waits for a timer, and a lone call goes at once. A second batch under way pays where both are large.

use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;

use tokio::task::yield_now;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::batch::{Group, groups};
use super::call::Call;
use super::connection::{Connection, Landed};
use super::lane::Lane;
use super::route::Outage;
use crate::error::{Error, ErrorKind, Result};

/// How often a call is sent, when its connection is lost each time.
const TRIES: u32 = 3;

/// How a transaction pooler shows that it leads each statement to whatever server process is free (SQLSTATE).
const NO_SUCH_STATEMENT: &str = "26000";
const STATEMENT_EXISTS: &str = "42P05";

pub(super) struct Speaker {
    lane: Arc<Lane>,
    outage: Option<Outage>,
    /// Goes off when the time of the oldest call is up, at the latest.
    clock: Pin<Box<Sleep>>,
    /// What is to be sent once more.
    again: Vec<Call>,
    /// Whether many ask at once.
    is_busy: bool,
}

impl Speaker {
    pub(super) fn new(lane: Arc<Lane>) -> Self {
        let clock = Box::pin(sleep(lane.route.timeout));
        Self { lane, outage: None, clock, again: Vec::new(), is_busy: false }
    }

    pub(super) async fn run(mut self) {
        loop {
            self.lane.work(0).await;
            if self.lane.is_over() {
                return;
            }
            if let Some(connection) = self.connect().await {
                self.speak(connection).await;
            }
        }
    }

    /// None after a failure. In a long outage those who wait are told at once.
    async fn connect(&mut self) -> Option<Connection<Call>> {
        if let Some(next) = self.outage.as_ref().map(|outage| outage.next_attempt) {
            self.meanwhile(sleep_until(next)).await;
        }
        let route = Arc::clone(&self.lane.route);
        match self.meanwhile(route.connect()).await {
            Ok(connection) => {
                self.outage = None;
                Some(connection)
            }
            Err(error) => {
                let outage = Outage::after(self.outage.take());
                // What is refused for good is not worth a wait.
                if outage.began.elapsed() >= route.patience || error.kind() == ErrorKind::Configuration {
                    self.lane.everything().iter_mut().for_each(|call| call.answer(Err(error.clone())));
                }
                self.outage = Some(outage);
                None
            }
        }
    }

    /// Until the connection is lost, or the lane closes.
    async fn speak(&mut self, mut connection: Connection<Call>) {
        match self.converse(&mut connection).await {
            Ok(()) => connection.close().await,
            Err(error) => {
                tracing::warn!(%error, sqlstate = error.sqlstate(), "a connection to PostgreSQL has ended");
                // What was refused is told already. Of the rest nobody knows.
                let error = if error.is_unanswered() { error } else { Error::connection_lost(error) };
                connection.into_groups().for_each(|group| self.lost(group, &error));
                self.send_again();
            }
        }
    }

    async fn converse(&mut self, connection: &mut Connection<Call>) -> Result<()> {
        let mut is_held_up = false;
        loop {
            while let Some(landed) = connection.landed()? {
                self.settle(landed, connection.prepares())?;
                is_held_up = false;
            }
            self.send_again();
            let flying = connection.flying().count();
            if flying == 0 && self.lane.is_over() {
                return Ok(());
            }
            tokio::select! {
                biased;
                moved = connection.transfer() => moved?,
                // The server takes what was sent before: that bounds the bytes under way.
                () = self.lane.work(flying), if !is_held_up && connection.is_flushed() => {
                    is_held_up = self.send(connection, flying).await;
                }
                () = &mut self.clock => self.look_at_the_clock(Some(connection))?,
            }
        }
    }

    /// Sends the next batch. Whether all of it must wait for what is `flying`.
    async fn send(&mut self, connection: &mut Connection<Call>, flying: usize) -> bool {
        if self.is_busy {
            // Those who were answered a moment ago come first: what they ask goes into the same batch.
            yield_now().await;
        }
        let batch = self.lane.batch(flying, |key| connection.is_flying(key));
        let is_held_up = batch.is_empty() && flying > 0;
        self.is_busy = batch.len() > 1;
        for mut group in groups(batch) {
            group.members.iter_mut().for_each(|call| call.tries += 1);
            match connection.send(group) {
                Ok(()) => {}
                Err((group, _)) if group.members.len() > 1 => self.again.extend(group.members.into_iter().map(alone)),
                Err((group, error)) => answer(group, &error),
            }
        }
        is_held_up
    }

    /// Answers a group, or sees to it that it is sent again. An error says that the connection is of no more use.
    fn settle(&mut self, Landed { group, outcome }: Landed<Call>, is_prepared: bool) -> Result<()> {
        let error = match outcome {
            Ok(replies) => {
                group.members.into_iter().zip(replies).for_each(|(mut call, reply)| call.answer(Ok(reply)));
                return Ok(());
            }
            Err(error) => error,
        };
        if is_prepared && matches!(error.sqlstate(), Some(NO_SUCH_STATEMENT | STATEMENT_EXISTS)) {
            self.lane.route.use_a_pooler();
            self.again.extend(group.members);
            return Err(error);
        }
        if error.kind() == ErrorKind::Unavailable {
            self.lost(group, &error);
            return Err(error);
        }
        match group.members.len() {
            1 => answer(group, &error),
            // Together they fail together: one by one, only the bad ones do.
            _ => self.again.extend(group.members.into_iter().map(alone)),
        }
        Ok(())
    }

    /// What may run twice does, unless it had its chances.
    fn lost(&mut self, group: Group<Call>, error: &Error) {
        for mut call in group.members {
            if group.statement.repeatable && call.tries < TRIES {
                self.again.push(call);
            } else {
                call.answer(Err(error.clone()));
            }
        }
    }

    fn send_again(&mut self) {
        if !self.again.is_empty() {
            self.lane.put_back(mem::take(&mut self.again));
        }
    }

    /// Does what takes a while. Calls whose time is up meanwhile are told.
    async fn meanwhile<F: Future>(&mut self, work: F) -> F::Output {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                // Without a connection there is none to give up.
                () = &mut self.clock => drop(self.look_at_the_clock(None)),
            }
        }
    }

    /// Tells the calls whose time is up. A connection that has been silent for long is given up.
    fn look_at_the_clock(&mut self, connection: Option<&mut Connection<Call>>) -> Result<()> {
        let (now, limit) = (Instant::now(), self.lane.route.timeout);
        let too_late = || Err(Error::no_answer_within(limit));
        let mut next = now + limit;
        self.lane.due(now).iter_mut().for_each(|call| call.answer(too_late()));
        for (sent, call) in connection.into_iter().flat_map(Connection::flying) {
            if call.deadline() <= now {
                call.answer(too_late());
                if sent + 2 * limit <= now {
                    return Err(Error::no_answer_within(2 * limit));
                }
                next = next.min(sent + 2 * limit);
            } else {
                next = next.min(call.deadline());
            }
        }
        next = self.lane.next_deadline().map_or(next, |deadline| next.min(deadline));
        self.clock.as_mut().reset(next);
        Ok(())
    }
}

/// Also when the runtime ends, and the task with it.
impl Drop for Speaker {
    fn drop(&mut self) {
        self.lane.unserved();
    }
}

fn alone(mut call: Call) -> Call {
    call.is_alone = true;
    call
}

fn answer(group: Group<Call>, error: &Error) {
    group.members.into_iter().for_each(|mut call| call.answer(Err(error.clone())));
}
