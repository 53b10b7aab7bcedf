//! One client: makes one call after the other and records them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use tokio::task::yield_now;
use tokio::time::sleep;

use super::actions::{self, Action};
use super::shared::{Shared, lock};
use super::slot::{LONG_TTL, Slot, SlotKind};
use crate::history::{Answer, Call, Client, Data, Id, Number, Operation, Time};
use crate::store::{BoxError, Store};

/// How many sessions that it found a client keeps for slow requests.
const REMEMBERED: usize = 4;

pub(super) struct Worker<S: Store> {
    shared: Arc<Shared<S>>,
    client: Client,
    rng: Rng,
    found: VecDeque<Found<S::Base>>,
    calls: Vec<Call>,
}

/// A session that a get returned.
#[derive(Clone)]
struct Found<B> {
    id: Id,
    /// When the get began.
    at: Time,
    ttl: Duration,
    data: Data,
    base: B,
}

impl<S: Store> Worker<S> {
    pub(super) fn new(shared: Arc<Shared<S>>, client: Client, seed: u64) -> Self {
        let rng = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9).wrapping_add(client.into()));
        Self { shared, client, rng, found: VecDeque::new(), calls: Vec::new() }
    }

    pub(super) async fn call_at_random(mut self) -> Vec<Call> {
        while self.step().await.is_some() {}
        self.calls
    }

    pub(super) async fn read_all(mut self, ids: impl Iterator<Item = Id>) -> Vec<Call> {
        for id in ids {
            self.read(self.shared.late_number(), id, LONG_TTL).await;
        }
        self.calls
    }

    /// Returns `None` at the end of the run.
    async fn step(&mut self) -> Option<()> {
        let shared = Arc::clone(&self.shared);
        let slot = shared.any_slot(&mut self.rng);
        let now = shared.now();
        let (is_due, kind, phase, id) = {
            let mut slot = lock(slot);
            let is_due = slot.claim_replacement::<S>(now);
            (is_due, slot.kind, slot.phase::<S>(now), slot.pick(&mut self.rng))
        };
        if is_due {
            return self.replace(slot, kind).await;
        }
        let Some(id) = id else {
            yield_now().await;
            return Some(());
        };
        let ttl = kind.ttl::<S>();
        let lives = match actions::next(kind, phase, &mut self.rng) {
            Action::Request => self.request(id, ttl).await?,
            Action::SlowRequest => return self.slow_request().await.map(drop),
            Action::Get => self.get(id, ttl).await?.is_none_or(|found| found.is_some()),
            Action::Set => self.set(id, ttl).await?,
            Action::Create => self.create(id, ttl).await?,
            Action::Touch => self.touch(id, ttl).await?,
            Action::Destroy => self.destroy(id).await?,
            Action::Rotate => self.rotate(slot, id, ttl).await?,
        };
        if !lives && lock(slot).claim_replacement_of(id) {
            return self.replace(slot, kind).await;
        }
        Some(())
    }

    /// Creates another session in this slot.
    async fn replace(&mut self, slot: &Mutex<Slot>, kind: SlotKind) -> Option<()> {
        let (ttl, now) = (kind.ttl::<S>(), self.shared.now());
        let id = self.shared.new_id(ttl);
        self.create(id, ttl).await?;
        lock(slot).replace(id, now);
        Some(())
    }

    /// Like all actions below, returns whether the session may live, or `None` at the end of the run.
    async fn request(&mut self, id: Id, ttl: Duration) -> Option<bool> {
        let found = match self.get(id, ttl).await? {
            Some(Some(found)) => found,
            Some(None) => return Some(false),
            None => return Some(true),
        };
        self.pause().await;
        match self.rng.u8(0..10) {
            0..7 => self.update(found).await,
            7..9 => self.touch(id, ttl).await,
            _ => Some(true),
        }
    }

    async fn slow_request(&mut self) -> Option<bool> {
        if self.found.is_empty() {
            return Some(true);
        }
        let index = self.rng.usize(0..self.found.len());
        let found = self.found[index].clone();
        self.update(found).await
    }

    /// Waits as long as a request takes, which is often no time at all.
    async fn pause(&mut self) {
        match self.rng.u8(0..10) {
            0..6 => {}
            6..9 => yield_now().await,
            _ => sleep(Duration::from_micros(self.rng.u64(500..4_000))).await,
        }
    }

    async fn get(&mut self, id: Id, ttl: Duration) -> Option<Option<Option<Found<S::Base>>>> {
        let number = self.shared.next_number()?;
        let found = self.read(number, id, ttl).await;
        if let Some(Some(found)) = &found {
            self.found.push_front(found.clone());
            self.found.truncate(REMEMBERED);
        }
        Some(found)
    }

    /// Reads the session. Returns `None` if the call failed.
    async fn read(&mut self, number: Number, id: Id, ttl: Duration) -> Option<Option<Found<S::Base>>> {
        let at = self.shared.now();
        let answer =
            |found: &Option<(Data, _)>| found.as_ref().map_or(Answer::No, |(data, _)| Answer::Found(data.clone()));
        let found = self.record(number, id, Operation::Get, async |store| store.get(id).await, answer).await?;
        Some(found.map(|(data, base)| Found { id, at, ttl, data, base }))
    }

    async fn set(&mut self, id: Id, ttl: Duration) -> Option<bool> {
        let number = self.shared.next_number()?;
        let data = self.new_data(number);
        let operation = Operation::Set(data.clone());
        self.record(number, id, operation, async |store| store.set(id, &data, ttl).await, |()| Answer::Done).await;
        Some(true)
    }

    async fn create(&mut self, id: Id, ttl: Duration) -> Option<bool> {
        if !S::CAN_CREATE {
            return self.set(id, ttl).await;
        }
        let number = self.shared.next_number()?;
        let data = self.new_data(number);
        let operation = Operation::Create(data.clone());
        self.record(number, id, operation, async |store| store.create(id, &data, ttl).await, yes_or_no).await;
        Some(true)
    }

    async fn update(&mut self, found: Found<S::Base>) -> Option<bool> {
        let number = self.shared.next_number()?;
        let Found { id, at, ttl, mut data, base } = found;
        let before = data.values.get(&self.client).copied();
        let after = match self.rng.u8(0..20) {
            0 => before,
            1..4 => None,
            _ => Some(number),
        };
        match after {
            Some(value) => data.values.insert(self.client, value),
            None => data.values.remove(&self.client),
        };
        let operation = Operation::Update { base: at, before, after };
        let update = async |store: &S| store.update(id, &base, &data, ttl).await;
        Some(self.record(number, id, operation, update, yes_or_no).await.unwrap_or(true))
    }

    async fn touch(&mut self, id: Id, ttl: Duration) -> Option<bool> {
        let number = self.shared.next_number()?;
        let lives =
            self.record(number, id, Operation::Touch, async |store| store.touch(id, ttl).await, answer_of).await;
        Some(lives.flatten().unwrap_or(true))
    }

    async fn destroy(&mut self, id: Id) -> Option<bool> {
        let number = self.shared.next_number()?;
        let destroyed =
            self.record(number, id, Operation::Destroy, async |store| store.destroy(id).await, answer_of).await;
        Some(destroyed.is_none())
    }

    async fn rotate(&mut self, slot: &Mutex<Slot>, old: Id, ttl: Duration) -> Option<bool> {
        let (number, new) = (self.shared.next_number()?, self.shared.new_id(ttl));
        let rotate = async |store: &S| store.rotate(old, new, ttl).await;
        let rotated = self.record(number, old, Operation::Rotate(new), rotate, yes_or_no).await;
        if rotated == Some(true) {
            lock(slot).rotate(old, new);
        }
        Some(rotated.unwrap_or(true))
    }

    fn new_data(&mut self, number: Number) -> Data {
        let own = self.rng.bool().then_some((self.client, number));
        Data { created_by: number, values: own.into_iter().collect() }
    }

    /// Makes the call through either store and records it. Returns `None` if it failed.
    async fn record<T>(
        &mut self,
        number: Number,
        id: Id,
        operation: Operation,
        call: impl AsyncFnOnce(&S) -> Result<T, BoxError>,
        answer: impl FnOnce(&T) -> Answer,
    ) -> Option<T> {
        let shared = Arc::clone(&self.shared);
        let store = &shared.stores[usize::from(self.rng.bool())];
        let began = shared.now();
        let outcome = call(store).await;
        let ended = shared.now();
        let answer = outcome.as_ref().map_or(Answer::Unknown, answer);
        self.calls.push(Call { number, client: self.client, id, began, ended, operation, answer });
        outcome.inspect_err(|error| shared.record_failure(error)).ok()
    }
}

fn yes_or_no(lives: &bool) -> Answer {
    if *lives { Answer::Yes } else { Answer::No }
}

fn answer_of(lives: &Option<bool>) -> Answer {
    lives.as_ref().map_or(Answer::Done, yes_or_no)
}
