//! A store in memory that keeps every promise. Its random histories, with concurrent and failing calls, must show no
//! violation.

use std::collections::BTreeMap;
use std::time::Duration;

use super::check;
use crate::history::{Answer, Call, Client, Data, History, Id, Number, Operation, Time};

const CLIENTS: usize = 6;

// In milliseconds.
const TTL: u64 = 300;
const MAX_AGE: u64 = 700;

/// Calls take effect one after the other, each at a moment between its beginning and its end.
struct ReferenceModel {
    rng: fastrand::Rng,
    sessions: BTreeMap<Id, Row>,
    /// Whether sessions have a time to live.
    has_ttl: bool,
    has_max_age: bool,
    ids: Vec<Id>,
    clients: Vec<Caller>,
    now: u64,
    /// The current time as the call sees it. It may be earlier than `now`, because the call may have waited.
    timestamp: u64,
    calls: Vec<Call>,
    /// Failed calls that take effect later, and when.
    late: Vec<(u64, Operation, Id, Client)>,
}

/// A row of the table.
struct Row {
    data: Data,
    expiry: u64,
    created: u64,
}

#[derive(Clone, Default)]
struct Caller {
    /// When its last call ended.
    ended: u64,
    /// The session that its last successful get returned, and when that began.
    found: Option<(Id, Time, Data)>,
}

impl ReferenceModel {
    fn new(seed: u64) -> Self {
        let rng = fastrand::Rng::with_seed(seed);
        let clients = vec![Caller::default(); CLIENTS];
        let (has_ttl, has_max_age) = [(false, false), (true, false), (true, true)][seed as usize % 3];
        let (sessions, ids, calls, late) = (BTreeMap::new(), vec![0, 1], Vec::new(), Vec::new());
        Self { rng, sessions, has_ttl, has_max_age, ids, clients, now: 100, timestamp: 100, calls, late }
    }

    fn step(&mut self) {
        self.now += 1;
        let (due, late): (Vec<_>, _) =
            std::mem::take(&mut self.late).into_iter().partition(|(when, ..)| *when <= self.now);
        self.late = late;
        self.timestamp = self.now;
        for (_, operation, id, client) in due {
            self.apply(&operation, id, client);
        }
        let client = self.rng.usize(0..CLIENTS);
        let last = self.clients[client].ended;
        if last + 1 >= self.now {
            return;
        }
        let began = self.rng.u64(last + 1..=self.now).max(self.now - 30);
        let ended = self.now + self.rng.u64(0..30);
        self.timestamp = self.rng.u64(began..=self.now);
        let began_at = Time::from_millis(began);
        let number = self.calls.len() as Number;
        let any = self.rng.usize(0..self.ids.len().min(4)) + 1;
        let mut id = self.ids[self.ids.len() - any];
        let own = self.rng.bool().then_some((client as Client, number));
        let new = Data { created_by: number, values: own.into_iter().collect() };
        let operation = match self.rng.u8(0..16) {
            0..5 => Operation::Get,
            5 => Operation::Set(new),
            6 => Operation::Create(new),
            7 => Operation::Touch,
            8 => Operation::Destroy,
            9 => Operation::Rotate(self.ids.len() as Id),
            _ => match &self.clients[client].found {
                Some((found, base, data)) => {
                    id = *found;
                    let before = data.values.get(&(client as Client)).copied();
                    let after = [before, None, Some(number), Some(number)][self.rng.usize(0..4)];
                    Operation::Update { base: *base, before, after }
                }
                None => Operation::Get,
            },
        };
        let fails = self.rng.u8(0..12) == 0;
        let answer = if fails {
            let when = self.now + self.rng.u64(0..100);
            self.late.extend(self.rng.bool().then(|| (when, operation.clone(), id, client as Client)));
            Answer::Unknown
        } else {
            self.apply(&operation, id, client as Client)
        };
        if let Answer::Found(data) = &answer {
            self.clients[client].found = Some((id, began_at, data.clone()));
        }
        if let Operation::Rotate(new) = operation {
            self.ids.push(new);
        }
        self.clients[client].ended = ended;
        let ended = Time::from_millis(ended);
        self.calls.push(Call { number, client: client as Client, id, began: began_at, ended, operation, answer });
    }

    fn apply(&mut self, operation: &Operation, id: Id, client: Client) -> Answer {
        let yes_or_no = |lives: bool| if lives { Answer::Yes } else { Answer::No };
        let (now, has_ttl, has_max_age) = (self.now, self.has_ttl, self.has_max_age);
        self.sessions.retain(|_, row| (!has_ttl || row.expiry > now) && (!has_max_age || row.created + MAX_AGE > now));
        let lives = self.sessions.contains_key(&id);
        let (created, expiry) = (self.timestamp, self.timestamp + TTL);
        // A touch may skip its write if the stored expiry is within a twentieth of the new one.
        let must_write = !matches!(operation, Operation::Touch) || self.rng.bool();
        if let Some(row) = self.sessions.get_mut(&id).filter(|row| must_write || row.expiry + TTL / 20 < expiry)
            && matches!(operation, Operation::Set(_) | Operation::Update { .. } | Operation::Touch)
        {
            row.expiry = expiry;
        }
        let row = |data: &Data| Row { data: data.clone(), expiry, created };
        match operation {
            Operation::Get => self.sessions.get(&id).map_or(Answer::No, |row| Answer::Found(row.data.clone())),
            Operation::Set(data) => {
                self.sessions.entry(id).or_insert_with(|| row(data)).data = data.clone();
                Answer::Done
            }
            Operation::Create(data) => {
                self.sessions.entry(id).or_insert_with(|| row(data));
                yes_or_no(!lives)
            }
            Operation::Update { before, after, .. } => {
                if let Some(Row { data, .. }) = self.sessions.get_mut(&id).filter(|_| before != after) {
                    let stored = data.values.get(&client).copied();
                    // A removal beats a change.
                    let merged = if stored.is_none() && before.is_some() { None } else { *after };
                    data.values.remove(&client);
                    data.values.extend(merged.map(|value| (client, value)));
                }
                yes_or_no(lives)
            }
            Operation::Touch => yes_or_no(lives),
            Operation::Destroy => yes_or_no(self.sessions.remove(&id).is_some()),
            // A call that takes effect late may find that the new id exists.
            Operation::Rotate(new) if self.sessions.contains_key(new) => Answer::No,
            Operation::Rotate(new) => {
                let moved = self.sessions.remove(&id).map(|row| self.sessions.insert(*new, row));
                yes_or_no(moved.is_some())
            }
        }
    }
}

#[test]
fn a_correct_store_shows_no_violation() {
    for seed in 0..300 {
        let mut model = ReferenceModel::new(seed);
        (0..1_500).for_each(|_| model.step());
        let ttl = Duration::from_millis(TTL);
        let short_lived = model.ids.iter().filter(|_| model.has_ttl).map(|id| (*id, ttl)).collect();
        let max_age = model.has_max_age.then(|| Duration::from_millis(MAX_AGE));
        let history = History { calls: model.calls, short_lived, max_age, slack: Duration::ZERO };
        let violations = check(&history);
        assert!(
            violations.is_empty(),
            "seed {seed}, {} calls: {}",
            history.calls.len(),
            violations[0].excerpt(&history)
        );
    }
}
