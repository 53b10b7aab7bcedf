//! A store that keeps every promise, in memory: whatever is called at once, and whatever fails, its histories show nothing.

use std::time::Duration;

use super::*;

const CLIENTS: usize = 6;

/// Of sessions that expire, in milliseconds.
const TTL: u64 = 300;
const AGE: u64 = 700;

/// Calls happen one after the other, each at a moment between its beginning and its end.
struct Right {
    rng: fastrand::Rng,
    sessions: BTreeMap<Id, Kept>,
    /// Whether sessions expire, and get too old.
    expire: bool,
    age: bool,
    ids: Vec<Id>,
    clients: Vec<Caller>,
    now: u64,
    /// The time that the call under way takes for now: it may have waited since.
    stamp: u64,
    calls: Vec<Call>,
    /// What failed and happens all the same, and when.
    late: Vec<(u64, Verb, Id, Client)>,
}

/// What is in the table.
struct Kept {
    data: Data,
    expiry: u64,
    created: u64,
}

#[derive(Clone, Default)]
struct Caller {
    /// When its last call ended.
    ended: u64,
    /// What it has found last, where and when.
    found: Option<(Id, Time, Data)>,
}

impl Right {
    fn new(seed: u64) -> Self {
        let rng = fastrand::Rng::with_seed(seed);
        let clients = vec![Caller::default(); CLIENTS];
        let (expire, age) = [(false, false), (true, false), (true, true)][seed as usize % 3];
        let (sessions, ids, calls, late) = (BTreeMap::new(), vec![0, 1], Vec::new(), Vec::new());
        Self { rng, sessions, expire, age, ids, clients, now: 100, stamp: 100, calls, late }
    }

    fn step(&mut self) {
        self.now += 1;
        let (due, late): (Vec<_>, _) =
            std::mem::take(&mut self.late).into_iter().partition(|(when, ..)| *when <= self.now);
        self.late = late;
        self.stamp = self.now;
        for (_, verb, id, client) in due {
            self.does(&verb, id, client);
        }
        let client = self.rng.usize(0..CLIENTS);
        let last = self.clients[client].ended;
        if last + 1 >= self.now {
            return;
        }
        let began = self.rng.u64(last + 1..=self.now).max(self.now - 30);
        let ended = self.now + self.rng.u64(0..30);
        self.stamp = self.rng.u64(began..=self.now);
        let began_at = Time::from_millis(began);
        let number = self.calls.len() as Number;
        let any = self.rng.usize(0..self.ids.len().min(4)) + 1;
        let mut id = self.ids[self.ids.len() - any];
        let own = self.rng.bool().then_some((client as Client, number));
        let fresh = Data { born: number, of: own.into_iter().collect() };
        let verb = match self.rng.u8(0..16) {
            0..5 => Verb::Get,
            5 => Verb::Set(fresh),
            6 => Verb::Create(fresh),
            7 => Verb::Touch,
            8 => Verb::Destroy,
            9 => Verb::Rotate(self.ids.len() as Id),
            _ => match &self.clients[client].found {
                Some((found, base, data)) => {
                    id = *found;
                    let before = data.of.get(&(client as Client)).copied();
                    let after = [before, None, Some(number), Some(number)][self.rng.usize(0..4)];
                    Verb::Update { base: *base, before, after }
                }
                None => Verb::Get,
            },
        };
        let fails = self.rng.u8(0..12) == 0;
        let answer = if fails {
            let when = self.now + self.rng.u64(0..100);
            self.late.extend(self.rng.bool().then(|| (when, verb.clone(), id, client as Client)));
            Answer::Unknown
        } else {
            self.does(&verb, id, client as Client)
        };
        if let Answer::Found(data) = &answer {
            self.clients[client].found = Some((id, began_at, data.clone()));
        }
        if let Verb::Rotate(new) = verb {
            self.ids.push(new);
        }
        self.clients[client].ended = ended;
        let ended = Time::from_millis(ended);
        self.calls.push(Call { number, client: client as Client, id, began: began_at, ended, verb, answer });
    }

    fn does(&mut self, verb: &Verb, id: Id, client: Client) -> Answer {
        let yes_or_no = |lives: bool| if lives { Answer::Yes } else { Answer::No };
        let (now, stamp, expire, age) = (self.now, self.stamp, self.expire, self.age);
        self.sessions.retain(|_, kept| (!expire || kept.expiry > now) && (!age || kept.created + AGE > now));
        let lives = self.sessions.contains_key(&id);
        let lengthens = !matches!(verb, Verb::Touch) || self.rng.bool();
        if let Some(kept) = self.sessions.get_mut(&id).filter(|kept| lengthens || kept.expiry + TTL / 20 < stamp + TTL)
            && matches!(verb, Verb::Set(_) | Verb::Update { .. } | Verb::Touch)
        {
            kept.expiry = stamp + TTL;
        }
        let kept = |data: &Data| Kept { data: data.clone(), expiry: stamp + TTL, created: stamp };
        match verb {
            Verb::Get => self.sessions.get(&id).map_or(Answer::No, |kept| Answer::Found(kept.data.clone())),
            Verb::Set(data) => {
                self.sessions.entry(id).or_insert_with(|| kept(data)).data = data.clone();
                Answer::Done
            }
            Verb::Create(data) => {
                self.sessions.entry(id).or_insert_with(|| kept(data));
                yes_or_no(!lives)
            }
            Verb::Update { before, after, .. } => {
                if let Some(Kept { data, .. }) = self.sessions.get_mut(&id).filter(|_| before != after) {
                    let theirs = data.of.get(&client).copied();
                    // A removal wins.
                    let merged = if theirs.is_none() && before.is_some() { None } else { *after };
                    data.of.remove(&client);
                    data.of.extend(merged.map(|value| (client, value)));
                }
                yes_or_no(lives)
            }
            Verb::Touch => yes_or_no(lives),
            Verb::Destroy => yes_or_no(self.sessions.remove(&id).is_some()),
            // A late one may find the new id taken.
            Verb::Rotate(new) if self.sessions.contains_key(new) => Answer::No,
            Verb::Rotate(new) => {
                let moved = self.sessions.remove(&id).map(|kept| self.sessions.insert(*new, kept));
                yes_or_no(moved.is_some())
            }
        }
    }
}

#[test]
fn a_store_that_is_right_shows_nothing() {
    for seed in 0..300 {
        let mut right = Right::new(seed);
        (0..1_500).for_each(|_| right.step());
        let ttl = Duration::from_millis(TTL);
        let brief = right.ids.iter().filter(|_| right.expire).map(|id| (*id, ttl)).collect();
        let max_age = right.age.then(|| Duration::from_millis(AGE));
        let history = History { calls: right.calls, brief, max_age, slack: Duration::ZERO };
        let shown = check(&history);
        assert!(shown.is_empty(), "seed {seed}, {} calls: {}", history.calls.len(), shown[0].excerpt(&history));
    }
}
