//! What waits for the lanes, and which of them is to take it. No I/O.
//!
//! Calls of one kind go together, and a kind has a lane to itself as far as there are enough: who reads or touches does not
//! wait for what others write to reach the disk. Calls on one key go one after the other, in the order in which they came.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::mem;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use tokio::time::Instant;

use super::batch::Member;
use super::call::Call;
use crate::backend::{Command, DuplicateKeys, Statement};

/// What goes in one batch at most, so that nobody is held up for long.
const BATCH: usize = 256;
const BATCH_BYTES: usize = 1024 * 1024;

/// Smaller batches are not worth another one beside them: of quick ones on the same lane, of others at all.
const HALF: usize = 48;

/// So many lanes are kept busy by one kind. More of them cost more than they give.
const SPREAD: usize = 2;

pub(super) struct Queue {
    kinds: Vec<Kind>,
    /// Of the calls that are ready or under way, by hash.
    keys: HashMap<u64, Key>,
    lanes: Vec<Lane>,
    waiting: usize,
    /// When the first attempt failed since there was a connection.
    lost_since: Option<Instant>,
    is_closing: bool,
}

/// The calls of one statement.
struct Kind {
    statement: Arc<Statement>,
    ready: VecDeque<Call>,
    /// How many are under way, without those that take long.
    flying: usize,
}

#[derive(Default)]
struct Key {
    /// How many calls on it are ready or under way.
    going: usize,
    /// Those that wait for them.
    behind: VecDeque<Call>,
}

#[derive(Default)]
struct Lane {
    /// Whether it has a task.
    is_served: bool,
    /// Whether it has a connection.
    is_online: bool,
    /// Wakes the task, where it waits for something to do.
    parked: Option<Waker>,
    /// Whether it was woken, or started, and has not got to work yet.
    is_called: bool,
    /// What it has sent.
    flights: VecDeque<Flight>,
}

struct Flight {
    statement: Arc<Statement>,
    keys: Vec<u64>,
    /// It takes so long that no other call of its kind should wait for it.
    is_slow: bool,
}

/// Who is to be told that there is something to do.
#[must_use]
pub(super) enum Next {
    Nobody,
    Wake(Waker),
    /// A lane that has no task yet.
    Start(usize),
    All(Vec<Waker>),
}

impl Queue {
    pub(super) fn new(lanes: usize) -> Self {
        Self {
            kinds: Vec::new(),
            keys: HashMap::new(),
            lanes: (0..lanes).map(|_| Lane::default()).collect(),
            waiting: 0,
            lost_since: None,
            is_closing: false,
        }
    }

    /// How many calls wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    pub(super) fn is_closing(&self) -> bool {
        self.is_closing
    }

    /// Whether nothing waits, nor will.
    pub(super) fn is_over(&self) -> bool {
        self.is_closing && self.waiting == 0
    }

    pub(super) fn is_served(&self) -> bool {
        self.lanes.iter().any(|lane| lane.is_served)
    }

    pub(super) fn push(&mut self, call: Call) -> Next {
        self.waiting += 1;
        let key = self.keys.entry(call.key).or_default();
        if key.going > 0 {
            key.behind.push_back(call);
            return Next::Nobody;
        }
        key.going = 1;
        let kind = self.kind(&call.command().statement);
        self.kinds[kind].ready.push_back(call);
        self.next_for(kind)
    }

    /// The kind of a statement, a new one perhaps. Those of a table that was found anew do not stay for ever.
    fn kind(&mut self, statement: &Arc<Statement>) -> usize {
        let find = |kinds: &[Kind]| kinds.iter().position(|kind| Arc::ptr_eq(&kind.statement, statement));
        find(&self.kinds).unwrap_or_else(|| {
            self.kinds.retain(|kind| !kind.ready.is_empty() || kind.flying > 0);
            self.kinds.push(Kind { statement: Arc::clone(statement), ready: VecDeque::new(), flying: 0 });
            self.kinds.len() - 1
        })
    }

    /// Whether there is something for a lane to do. If not, it is woken when there is.
    pub(super) fn is_wanted(&mut self, lane: usize, waker: &Waker) -> Result<(), Next> {
        let is_over = self.is_over() && self.lanes[lane].flights.is_empty();
        if self.lanes[lane].is_called || is_over || self.has_work(lane) {
            self.lanes[lane].parked = None;
            return Ok(());
        }
        self.lanes[lane].parked = Some(waker.clone());
        Err(self.next())
    }

    fn has_work(&self, lane: usize) -> bool {
        // Where nobody has a connection, somebody has to try.
        let tries = |(number, other): (usize, &Lane)| number != lane && (other.is_online || other.is_connecting());
        let may = self.lanes[lane].is_online || !self.lanes.iter().enumerate().any(tries);
        may && (0..self.kinds.len()).any(|kind| self.wants(lane, kind))
    }

    /// Whether a lane should take of this kind, now.
    fn wants(&self, lane: usize, kind: usize) -> bool {
        let (lane, kind) = (&self.lanes[lane], &self.kinds[kind]);
        let (ready, mine) = (kind.ready.len(), lane.flying());
        if ready == 0 {
            false
        } else if mine > 0 {
            // One batch behind the other of the same kind, so that PostgreSQL has it at hand; unless another kind has no lane.
            let is_at_it = lane.is_at(kind) && !lane.is_slow();
            is_at_it && ready >= mine.max(HALF) && mine <= BATCH && !self.kinds.iter().any(Kind::is_left_out)
        } else if kind.flying > 0 {
            self.busy() < SPREAD && (kind.statement.no_wal_flush || ready >= kind.flying.max(HALF))
        } else {
            kind.statement.no_wal_flush || !self.is_for_quick_ones()
        }
    }

    /// Whether the last free lane is kept from what waits for the disk: a quick one should not wait for more than one batch
    /// of it.
    fn is_for_quick_ones(&self) -> bool {
        let is_quick = |kind: &Kind| kind.statement.no_wal_flush && kind.is_left_out();
        let able = self.lanes.iter().filter(|lane| !lane.is_slow());
        let (quick, writing): (Vec<_>, Vec<_>) = able.partition(|lane| lane.is_quick());
        !writing.is_empty() && quick.len() == 1 && self.kinds.iter().any(is_quick)
    }

    /// How many lanes have something under way.
    fn busy(&self) -> usize {
        self.lanes.iter().filter(|lane| !lane.flights.is_empty()).count()
    }

    fn next(&mut self) -> Next {
        if self.is_over() {
            // Those with something under way look by themselves.
            let idle = self.lanes.iter_mut().filter(|lane| lane.flights.is_empty());
            return Next::All(idle.filter_map(|lane| lane.parked.take()).collect());
        }
        for kind in 0..self.kinds.len() {
            match self.next_for(kind) {
                Next::Nobody => {}
                next => return next,
            }
        }
        Next::Nobody
    }

    /// Calls a lane for this kind, if one should come that does not by itself.
    fn next_for(&mut self, kind: usize) -> Next {
        let comes_by_itself = |lane: &Lane| lane.is_online && lane.parked.is_none() && lane.flights.is_empty();
        if self.kinds[kind].ready.is_empty() || self.lanes.iter().any(comes_by_itself) {
            return Next::Nobody;
        }
        let is_connecting = self.lanes.iter().any(Lane::is_connecting);
        let turn = self.turn(kind);
        let rank = |(number, lane): (usize, &Lane)| {
            let rank = match (lane.is_online, lane.parked.is_some()) {
                (true, true) if lane.flights.is_empty() => 0,
                (true, true) => 1,
                (false, true) if !is_connecting => 2,
                (false, false) if !is_connecting && !lane.is_served => 3,
                _ => return None,
            };
            self.wants(number, kind).then_some((rank, number ^ turn, number))
        };
        let Some((.., number)) = self.lanes.iter().enumerate().filter_map(rank).min() else { return Next::Nobody };
        let lane = &mut self.lanes[number];
        (lane.is_served, lane.is_called) = (true, true);
        lane.parked.take().map_or(Next::Start(number), Next::Wake)
    }

    /// A lone call goes to one of the first two lanes or the other: it is answered sooner than by one that always has it,
    /// by a tenth to a quarter in the bench. Of many calls, the first lane has most.
    fn turn(&self, kind: usize) -> usize {
        let is_lone = self.waiting == 1 && self.lanes.iter().all(|lane| lane.flights.is_empty());
        let first = self.kinds[kind].ready.front().filter(|_| is_lone);
        first.map_or(0, |call| usize::from(call.key % 2 == 1))
    }

    /// What a lane is to send next: calls of one kind. Without those that nobody waits for any more.
    pub(super) fn take(&mut self, lane: usize) -> (Vec<Call>, Next) {
        self.arrived(lane);
        let oldest = |kind: &usize| self.kinds[*kind].ready.front().map(Call::deadline);
        let Some(kind) = (0..self.kinds.len()).filter(|kind| self.wants(lane, *kind)).min_by_key(oldest) else {
            return (Vec::new(), self.next());
        };
        let share = self.share(kind);
        let ready = &mut self.kinds[kind].ready;
        let (mut calls, mut dropped) = (Vec::<Call>::with_capacity(share), Vec::new());
        let mut bytes = 0;
        while let Some(call) = ready.front() {
            let is_full = calls.len() >= share || bytes >= BATCH_BYTES;
            let follows = |last: &Call| last.key == call.key;
            let is_alike = |first: &Call| first.is_alone == call.is_alone;
            if is_full && !calls.last().is_some_and(follows) || !calls.first().is_none_or(is_alike) {
                break;
            }
            let Some(call) = ready.pop_front() else { break };
            self.waiting -= 1;
            if call.is_wanted() {
                bytes += call.command().size();
                calls.push(call);
            } else {
                dropped.push(call.key);
            }
        }
        self.depart(lane, kind, &calls);
        dropped.into_iter().for_each(|key| self.release(key));
        (calls, self.next())
    }

    /// How many calls of a kind a lane takes: a fair part, where there will be other batches beside it.
    fn share(&self, kind: usize) -> usize {
        let kind = &self.kinds[kind];
        let is_elsewhere = |other: &Lane| !other.flights.is_empty() && !other.is_at(kind);
        let is_alone = self.lanes.len() < SPREAD || self.lanes.iter().any(is_elsewhere);
        let lanes = if is_alone { 1 } else { SPREAD };
        let (ready, all) = (kind.ready.len(), kind.ready.len() + kind.flying);
        let parts = if all >= 2 * lanes * HALF {
            2 * lanes
        } else if kind.statement.no_wal_flush || all >= lanes * HALF {
            lanes
        } else {
            1
        };
        let share = (all / parts).min(BATCH);
        // The last has the odd ones.
        if ready < share + parts { ready.min(BATCH) } else { share }
    }

    fn depart(&mut self, lane: usize, kind: usize, calls: &[Call]) {
        let kind = &mut self.kinds[kind];
        kind.flying += calls.len();
        let flights = &mut self.lanes[lane].flights;
        let flight = |calls: &[Call]| Flight {
            statement: Arc::clone(&kind.statement),
            keys: calls.iter().map(|call| call.key).collect(),
            is_slow: false,
        };
        match calls.first() {
            Some(first) if first.goes_alone() => flights.extend(calls.chunks(1).map(flight)),
            Some(_) => flights.push_back(flight(calls)),
            None => {}
        }
    }

    /// A lane has the answer to what it has sent with this key. Some of it goes `again`, before all that came later.
    pub(super) fn land(&mut self, lane: usize, key: u64, again: Vec<Call>) -> Next {
        let flights = &mut self.lanes[lane].flights;
        let flight = flights.iter().position(|flight| flight.keys.contains(&key)).and_then(|at| flights.remove(at));
        self.put_back(again);
        flight.into_iter().for_each(|flight| self.landed(flight));
        self.next()
    }

    /// A lane has lost its connection. Of what it had sent, some goes `again`.
    pub(super) fn offline(&mut self, lane: usize, again: Vec<Call>) -> Next {
        self.lanes[lane].is_online = false;
        self.lanes[lane].parked = None;
        self.put_back(again);
        mem::take(&mut self.lanes[lane].flights).into_iter().for_each(|flight| self.landed(flight));
        self.next()
    }

    /// What a lane has sent takes long: for a lock perhaps, or because nobody is there. Another lane may be better off.
    pub(super) fn slow(&mut self, lane: usize) -> Next {
        let mut flights = mem::take(&mut self.lanes[lane].flights);
        for flight in flights.iter_mut().filter(|flight| !flight.is_slow) {
            flight.is_slow = true;
            let kind = self.kind(&flight.statement);
            self.kinds[kind].flying -= flight.keys.len();
        }
        self.lanes[lane].flights = flights;
        self.next()
    }

    fn landed(&mut self, flight: Flight) {
        if !flight.is_slow {
            let kind = self.kind(&flight.statement);
            self.kinds[kind].flying -= flight.keys.len();
        }
        flight.keys.into_iter().for_each(|key| self.release(key));
    }

    fn put_back(&mut self, calls: Vec<Call>) {
        self.waiting += calls.len();
        for call in calls.into_iter().rev() {
            self.keys.entry(call.key).or_default().going += 1;
            let kind = self.kind(&call.command().statement);
            self.kinds[kind].ready.push_front(call);
        }
    }

    /// A call on this key is done. After the last one it is the turn of those behind: of as many as can go together.
    fn release(&mut self, key: u64) {
        let Entry::Occupied(mut entry) = self.keys.entry(key) else { return };
        let key = entry.get_mut();
        key.going -= 1;
        if key.going > 0 {
            return;
        }
        let Some(first) = key.behind.pop_front() else {
            entry.remove();
            return;
        };
        let mut run = vec![first];
        let joins = |run: &[Call], call: &mut Call| run.len() < BATCH && together(run[0].command(), call.command());
        while let Some(call) = key.behind.pop_front_if(|call| joins(&run, call)) {
            run.push(call);
        }
        key.going = run.len();
        let kind = self.kind(&run[0].command().statement);
        self.kinds[kind].ready.extend(run);
    }

    pub(super) fn online(&mut self, lane: usize) {
        self.lanes[lane].is_online = true;
        self.lost_since = None;
    }

    /// How long nobody has had a connection, after an attempt that failed; none if somebody has one.
    pub(super) fn outage(&mut self) -> Option<Duration> {
        let is_anybody_online = self.lanes.iter().any(|lane| lane.is_online);
        if is_anybody_online { None } else { Some(self.lost_since.get_or_insert_with(Instant::now).elapsed()) }
    }

    /// A lane is at work: it takes something, or goes for a connection.
    pub(super) fn arrived(&mut self, lane: usize) {
        self.lanes[lane].parked = None;
        self.lanes[lane].is_called = false;
    }

    /// A lane has no task any more; another starts when there is need. Where no lane has one, what waits is handed out.
    pub(super) fn unserved(&mut self, lane: usize) -> (Vec<Call>, Next) {
        self.arrived(lane);
        self.lanes[lane].is_served = false;
        let mut next = self.offline(lane, Vec::new());
        if let Next::Start(other) = next {
            // Not from a runtime that ends: it would drop that task too.
            self.arrived(other);
            self.lanes[other].is_served = false;
            next = Next::Nobody;
        }
        let left = if self.is_served() { Vec::new() } else { self.everything().0 };
        (left, next)
    }

    /// Takes those whose deadline has come.
    pub(super) fn due(&mut self, time: Instant) -> (Vec<Call>, Next) {
        self.remove(|call| call.deadline() <= time)
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let ready = self.kinds.iter().flat_map(|kind| &kind.ready);
        let behind = self.keys.values().flat_map(|key| &key.behind);
        ready.chain(behind).map(Call::deadline).min()
    }

    /// Takes all that waits.
    pub(super) fn everything(&mut self) -> (Vec<Call>, Next) {
        self.remove(|_| true)
    }

    fn remove(&mut self, is_it: impl Fn(&Call) -> bool) -> (Vec<Call>, Next) {
        let mut removed = Vec::new();
        for key in self.keys.values_mut().filter(|key| !key.behind.is_empty()) {
            removed.extend(extract(&mut key.behind, &is_it));
        }
        let behind = removed.len();
        for kind in &mut self.kinds {
            removed.extend(extract(&mut kind.ready, &is_it));
        }
        self.waiting -= removed.len();
        let keys: Vec<_> = removed[behind..].iter().map(|call| call.key).collect();
        keys.into_iter().for_each(|key| self.release(key));
        (removed, self.next())
    }

    pub(super) fn close(&mut self) -> Next {
        self.is_closing = true;
        self.next()
    }
}

impl Kind {
    fn is_left_out(&self) -> bool {
        self.flying == 0 && !self.ready.is_empty()
    }
}

impl Lane {
    /// Whether all that it has under way is of this kind.
    fn is_at(&self, kind: &Kind) -> bool {
        self.flights.iter().all(|flight| Arc::ptr_eq(&flight.statement, &kind.statement))
    }

    /// Whether nothing that it has under way waits for the disk.
    fn is_quick(&self) -> bool {
        self.flights.iter().all(|flight| flight.statement.no_wal_flush)
    }

    fn is_slow(&self) -> bool {
        self.flights.iter().any(|flight| flight.is_slow)
    }

    fn flying(&self) -> usize {
        self.flights.iter().map(|flight| flight.keys.len()).sum()
    }

    fn is_connecting(&self) -> bool {
        self.is_served && !self.is_online && self.parked.is_none()
    }
}

/// Whether a command can go with one on the same key that came before it.
fn together(before: &Command, command: &Command) -> bool {
    let many = command.statement.many.as_ref().filter(|_| Arc::ptr_eq(&before.statement, &command.statement));
    many.is_some_and(|many| match many.duplicates {
        DuplicateKeys::Serialize => false,
        DuplicateKeys::Coalesce => before.params == command.params,
    })
}

fn extract(calls: &mut VecDeque<Call>, is_it: impl Fn(&Call) -> bool) -> Vec<Call> {
    let (taken, left): (VecDeque<_>, VecDeque<_>) = mem::take(calls).into_iter().partition(is_it);
    *calls = left;
    taken.into()
}

#[cfg(test)]
mod interleavings;
#[cfg(test)]
mod tests;
