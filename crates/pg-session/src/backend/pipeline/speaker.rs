//! The task of a lane: it connects, sends what waits, and answers. A batch is what came in while the last one was under
//! way: nothing waits for a timer, and a lone call goes at once. A second batch under way pays where both are large.

use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::batch::Group;
use super::call::Call;
use super::connection::{Completed, Connection, Fate};
use super::pool::Seat;
use super::route::Retry;
use crate::backend::{Absence, Reply};
use crate::error::{Error, ErrorKind, Result};

/// How often a call is sent, when its connection is lost each time.
const TRIES: u32 = 3;

/// Whose answer takes so long is not waited for by others of its kind.
const SLOW: Duration = Duration::from_millis(50);

/// How a transaction pooler shows that it leads each statement to whatever server process is free (SQLSTATE).
const NO_SUCH_STATEMENT: &str = "26000";
const STATEMENT_EXISTS: &str = "42P05";

pub(super) struct Speaker {
    seat: Seat,
    retry: Option<Retry>,
    /// Goes off when the time of the oldest call is up, at the latest, and when what was sent is slow.
    clock: Pin<Box<Sleep>>,
    /// What is to be sent once more, when the connection is lost.
    again: Vec<Call>,
    /// Whether many ask at once.
    is_busy: bool,
    /// Whether the connection has answered a call. A login alone is no end of an outage: a pooler lets us in while its
    /// server is down.
    has_answered: bool,
}

impl Speaker {
    pub(super) async fn run(seat: Seat) {
        let clock = Box::pin(sleep(seat.pool.route.timeout));
        let mut speaker = Self { seat, retry: None, clock, again: Vec::new(), is_busy: false, has_answered: false };
        loop {
            speaker.seat.work().await;
            if speaker.seat.pool.is_over() {
                return;
            }
            if let Some(connection) = speaker.connect().await {
                speaker.speak(connection).await;
            }
        }
    }

    /// None after a failure. In a long outage those who wait are told at once.
    async fn connect(&mut self) -> Option<Connection<Call>> {
        let pool = Arc::clone(&self.seat.pool);
        self.seat.connecting();
        if let Some(time) = self.retry.as_ref().map(|retry| retry.at) {
            self.meanwhile(sleep_until(time)).await;
        }
        match self.meanwhile(pool.route.connect()).await {
            Ok(connection) => Some(connection),
            Err(error) => {
                self.retry = Some(Retry::after(self.retry.take()));
                let given_up = pool.give_up(error.kind() == ErrorKind::Configuration);
                given_up.into_iter().for_each(|mut call| call.answer(Err(error.clone())));
                None
            }
        }
    }

    /// Until the connection is lost, or the lane closes.
    async fn speak(&mut self, mut connection: Connection<Call>) {
        self.seat.online();
        self.has_answered = false;
        match self.converse(&mut connection).await {
            Ok(()) => {
                self.seat.offline(Vec::new());
                connection.close().await;
            }
            Err(error) => {
                tracing::warn!(%error, sqlstate = error.sqlstate(), "a connection to PostgreSQL has ended");
                let unknown = if error.is_unanswered() { error.clone() } else { Error::connection_lost(error.clone()) };
                let not_run = Error::not_run(error);
                for (mut group, fate) in connection.into_groups() {
                    let error = match fate {
                        Fate::Unknown => &unknown,
                        Fate::NotRun => {
                            // That was no try.
                            group.members.iter_mut().for_each(|call| call.tries -= 1);
                            &not_run
                        }
                    };
                    self.lost(group, fate, error);
                }
                self.seat.offline(mem::take(&mut self.again));
                if !self.has_answered {
                    self.retry = Some(Retry::after(self.retry.take()));
                }
            }
        }
    }

    async fn converse(&mut self, connection: &mut Connection<Call>) -> Result<()> {
        loop {
            while let Some(completed) = connection.completed()? {
                self.settle(completed)?;
            }
            if connection.in_flight().next().is_none() && self.seat.pool.is_over() {
                return Ok(());
            }
            tokio::select! {
                biased;
                moved = connection.transfer() => moved?,
                // The server takes what was sent before: that bounds the bytes under way.
                () = self.seat.work(), if connection.is_flushed() => self.send(connection).await,
                () = &mut self.clock => self.look_at_the_clock(Some(connection))?,
            }
        }
    }

    /// Sends the next batch.
    async fn send(&mut self, connection: &mut Connection<Call>) {
        if self.is_busy {
            // Those who were answered a moment ago come first: what they ask goes into the same batch.
            yield_now().await;
        }
        let batch = self.seat.take();
        self.is_busy = batch.len() > 1;
        let soon = Instant::now() + SLOW;
        if self.clock.deadline() > soon {
            self.clock.as_mut().reset(soon);
        }
        for mut group in groups(batch) {
            group.members.iter_mut().for_each(|call| call.tries += 1);
            if let Err((group, error)) = connection.send(group, self.seat.pool.route.preamble()) {
                self.refused(group, &error);
            }
        }
    }

    /// Answers a group, or sees to it that it is sent again. An error says that the connection is of no more use.
    fn settle(&mut self, Completed { group, is_prepared, outcome }: Completed<Call>) -> Result<()> {
        if outcome.as_ref().err().is_none_or(|error| error.kind() != ErrorKind::Unavailable) {
            self.has_answered = true;
            self.retry = None;
        }
        let error = match outcome {
            Ok(replies) if says_nothing(&group, &replies) => {
                self.one_by_one(group);
                return Ok(());
            }
            Ok(replies) => {
                self.seat.land(group.members[0].key, Vec::new());
                group.members.into_iter().zip(replies).for_each(|(mut call, reply)| call.answer(Ok(reply)));
                return Ok(());
            }
            Err(error) => error,
        };
        if is_prepared && matches!(error.sqlstate(), Some(NO_SUCH_STATEMENT | STATEMENT_EXISTS)) {
            // It has not run.
            self.seat.pool.route.use_a_pooler();
            self.seat.land(group.members[0].key, group.members);
            return Ok(());
        }
        if error.kind() == ErrorKind::Unavailable {
            // PostgreSQL says such a thing before it runs anything; a pooler, when it has lost the server.
            match error.sqlstate() {
                Some(sqlstate) if sqlstate.starts_with("08") => {
                    self.lost(group, Fate::Unknown, &Error::connection_lost(error.clone()));
                }
                _ => self.lost(group, Fate::NotRun, &error),
            }
            return Err(error);
        }
        self.refused(group, &error);
        Ok(())
    }

    /// Together they fail together: one by one, only the bad ones do.
    fn refused(&self, group: Group<Call>, error: &Error) {
        if group.members.len() > 1 {
            return self.one_by_one(group);
        }
        self.seat.land(group.members[0].key, Vec::new());
        group.members.into_iter().for_each(|mut call| call.answer(Err(error.clone())));
    }

    fn one_by_one(&self, group: Group<Call>) {
        let key = group.members[0].key;
        self.seat.land(key, group.members.into_iter().map(alone).collect());
    }

    /// What had no effect, or never has one, is sent again, unless it had its chances. A write that may have run is not: it
    /// would undo what others have done since.
    fn lost(&mut self, group: Group<Call>, fate: Fate, error: &Error) {
        let may_go_again = fate == Fate::NotRun || group.statement.reads_only;
        for mut call in group.members {
            if may_go_again && call.tries < TRIES {
                self.again.push(call);
            } else {
                call.answer(Err(error.clone()));
            }
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

    /// Tells the calls whose time is up, and the others of what is slow. A connection that is silent for long is given up.
    fn look_at_the_clock(&mut self, connection: Option<&mut Connection<Call>>) -> Result<()> {
        let (now, limit) = (Instant::now(), self.seat.pool.route.timeout);
        let too_late = || Err(Error::no_answer_within(limit));
        let not_run = || Err(Error::not_run_within(limit));
        let mut next = now + limit;
        let mut is_slow = false;
        self.seat.pool.due(now).iter_mut().for_each(|call| call.answer(not_run()));
        for (sent, call) in connection.into_iter().flat_map(Connection::in_flight) {
            match sent + SLOW {
                time if time > now => next = next.min(time),
                _ => is_slow = true,
            }
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
        next = self.seat.pool.next_deadline().map_or(next, |deadline| next.min(deadline));
        self.clock.as_mut().reset(next);
        if is_slow {
            self.seat.slow();
        }
        Ok(())
    }
}

/// Whether the answer has no row to tell by whose it is.
fn says_nothing(group: &Group<Call>, replies: &[Reply]) -> bool {
    let is_doubtful = group.statement.many.as_ref().is_some_and(|many| many.absence == Absence::Doubtful);
    group.members.len() > 1 && is_doubtful && replies.iter().all(|reply| reply.rows.is_empty())
}

fn alone(mut call: Call) -> Call {
    call.is_alone = true;
    call
}

fn groups(batch: Vec<Call>) -> Vec<Group<Call>> {
    match batch.first() {
        Some(first) if first.goes_alone() => batch.into_iter().filter_map(|call| Group::of(vec![call])).collect(),
        _ => Group::of(batch).into_iter().collect(),
    }
}
