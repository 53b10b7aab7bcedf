//! Callers that check every answer against what they know of their sessions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fastrand::Rng;
use pg_session::{Created, PgStore, Result, Rotated, Session, Updated};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::from_env;
use crate::via::{Fixture, MINUTE};

/// The calls of one run, unless `PG_SESSION_TEST_CALLS` says otherwise.
const CALLS: u64 = 1_600;
const CALLERS: u64 = 16;

/// The sessions that nobody changes: this many users, with this many sessions each.
const USERS: usize = 3;
const EACH: usize = 4;

/// The store, and what all callers know about it.
pub(super) struct World {
    store: PgStore,
    /// Every id that a call was made with, and the name in the data of its session.
    names: Mutex<BTreeMap<String, String>>,
    /// The sessions that nobody changes: id, and the user.
    fixed: BTreeMap<String, String>,
    /// The longest that a call may take: it may send several statements, on a busy machine.
    time_limit: Duration,
    /// Whether every call must succeed. Otherwise, an answer must at least not be another session's.
    is_strict: bool,
    /// The violations, and their number.
    pub(super) findings: Mutex<BTreeMap<String, u64>>,
    pub(super) failed: AtomicU64,
}

impl World {
    /// Returns a new id for this session, or for a new one.
    fn new_id(&self, rng: &mut Rng, name: Option<String>) -> String {
        // No change of a few bytes turns it into another id.
        let id = format!("{:016x}", rng.u64(..));
        self.names.lock().unwrap().insert(id.clone(), name.unwrap_or_else(|| id.clone()));
        id
    }

    fn name(&self, id: &str) -> Option<String> {
        self.names.lock().unwrap().get(id).cloned()
    }

    fn report(&self, finding: String) {
        *self.findings.lock().unwrap().entry(finding).or_default() += 1;
    }

    /// Reports an answer that should have been another one.
    fn wrong(&self, what: &str, answer: &str) {
        if self.is_strict {
            self.report(format!("{what}: {answer}"));
        }
    }

    /// Returns the version of the data, if the session is that of `id`.
    fn version(&self, what: &str, id: &str, session: &Session) -> Option<u64> {
        let data: Value = session.decode().unwrap_or_default();
        let (of, name) = (data.get("of").and_then(Value::as_str), self.name(id));
        if of.is_some() && of == name.as_deref() && session.id() == id {
            return data["version"].as_u64();
        }
        // An unknown id in a list of sessions was damaged itself.
        if name.is_some() && of.is_some_and(|of| self.names.lock().unwrap().values().any(|name| name == of)) {
            self.report(format!("{what}: another session's data"));
        } else {
            self.wrong(what, "data that nobody wrote");
        }
        None
    }

    fn exactly(&self, what: &str, found: &[Session], expected: &BTreeSet<&String>, may_have_others: bool) {
        let mut ids = BTreeSet::new();
        for session in found {
            self.version(what, session.id(), session);
            if !ids.insert(session.id().to_owned()) {
                self.wrong(what, "a session twice");
            }
        }
        if expected.iter().any(|id| !ids.contains(id.as_str())) {
            self.wrong(what, "a session is missing");
        }
        if !may_have_others && ids.len() > expected.len() {
            self.wrong(what, "a session too many");
        }
    }
}

/// Makes calls on a session of its own.
pub(super) struct Caller {
    world: Arc<World>,
    rng: Rng,
    id: String,
    /// The version of the data, while the session lives.
    state: Option<u64>,
    versions: u64,
    /// The state of each session on which no call failed.
    known: BTreeMap<String, Option<u64>>,
}

impl Caller {
    fn new(world: Arc<World>, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let id = world.new_id(&mut rng, None);
        Self { world, rng, id, state: None, versions: 0, known: BTreeMap::new() }
    }

    fn data(&mut self) -> Value {
        self.versions += 1;
        json!({"of": self.world.name(&self.id), "user": "nobody", "version": self.versions})
    }

    /// Returns `None` for a call that failed.
    async fn done<T>(&self, what: &str, call: impl Future<Output = Result<T>>) -> Option<T> {
        let Ok(outcome) = timeout(self.world.time_limit, call).await else {
            self.world.report(format!("{what}: stuck"));
            return None;
        };
        if outcome.is_err() {
            self.world.failed.fetch_add(1, Ordering::Relaxed);
        }
        outcome.ok()
    }

    /// Makes a write: what a failed one has done is unknown.
    async fn write<T>(&mut self, what: &str, call: impl Future<Output = Result<T>>) -> Option<T> {
        let done = self.done(what, call).await;
        if done.is_none() {
            self.known.remove(&self.id);
            self.id = self.world.new_id(&mut self.rng, None);
            self.state = None;
        }
        done
    }

    fn is(&mut self, state: Option<u64>) {
        self.state = state;
        self.known.insert(self.id.clone(), state);
    }

    fn expect(&self, what: &str, is_right: bool, answer: &str) {
        if !is_right {
            let state = if self.state.is_some() { "of a live session" } else { "of none" };
            self.world.wrong(&format!("{what} {state}"), answer);
        }
    }

    async fn step(&mut self) {
        let world = Arc::clone(&self.world);
        let (store, id, lives) = (&world.store, self.id.clone(), self.state.is_some());
        match self.rng.u8(0..100) {
            0..30 => drop(self.get().await),
            30..45 => {
                let data = self.data();
                if self.write("set", store.set(&id, &data, 10 * MINUTE)).await.is_some() {
                    self.is(Some(self.versions));
                }
            }
            45..58 => {
                let data = self.data();
                if let Some(created) = self.write("create", store.create(&id, &data, 10 * MINUTE)).await {
                    self.expect("create", (created == Created::Exists) == lives, &format!("{created:?}"));
                    self.is(if created == Created::Created { Some(self.versions) } else { self.state });
                }
            }
            58..70 => {
                let Some(base) = self.get().await else { return };
                let data = self.data();
                if let Some(updated) = self.write("update", store.update(&base, &data, 10 * MINUTE)).await {
                    self.expect("update", updated != Updated::Gone, &format!("{updated:?}"));
                    self.is(Some(self.versions));
                }
            }
            70..76 => {
                if let Some(answer) = self.write("touch", store.touch(&id, 20 * MINUTE)).await {
                    self.expect("touch", answer == lives, &answer.to_string());
                }
            }
            76..81 => {
                if let Some(answer) = self.write("destroy", store.destroy(&id)).await {
                    self.expect("destroy", answer == lives, &answer.to_string());
                    self.is(None);
                }
            }
            81..86 => {
                let state = self.state;
                if let Some(taken) = self.write("take", store.take(&id)).await {
                    let version = taken.as_ref().and_then(|session| world.version("take", &id, session));
                    self.expect("take", version == state, if taken.is_some() { "another version" } else { "none" });
                    self.is(None);
                }
            }
            86..90 => {
                let (state, new) = (self.state, world.new_id(&mut self.rng, world.name(&id)));
                if let Some(rotated) = self.write("rotate", store.rotate(&id, &new)).await {
                    let right = if lives { Rotated::Rotated } else { Rotated::Gone };
                    self.expect("rotate", rotated == right, &format!("{rotated:?}"));
                    if lives {
                        self.is(None);
                        self.id = new;
                        self.is(state);
                    }
                }
            }
            90..94 => {
                let user = format!("user {}", self.rng.usize(0..USERS));
                if let Some(found) = self.done("sessions_of", store.sessions_of(&user)).await {
                    let theirs = world.fixed.iter().filter(|(_, owner)| **owner == user).map(|(id, _)| id).collect();
                    world.exactly("sessions_of", &found, &theirs, false);
                }
            }
            94..96 => {
                if let Some(found) = self.done("all", store.all()).await {
                    let expected = world.fixed.keys().chain(self.state.map(|_| &self.id)).collect();
                    world.exactly("all", &found, &expected, true);
                }
            }
            96..98 => {
                if let Some(count) = self.done("count", store.count()).await {
                    let most = (world.fixed.len() + world.names.lock().unwrap().len()) as u64;
                    let is_possible = (world.fixed.len() as u64..=most).contains(&count);
                    self.expect("count", is_possible, "impossible");
                }
            }
            _ => {
                let (fixed, _) = world.fixed.iter().nth(self.rng.usize(0..world.fixed.len())).unwrap();
                if let Some(found) = self.done("get", store.get(fixed)).await {
                    let version = found.and_then(|session| world.version("get", fixed, &session));
                    self.expect("get of a fixed one", version == Some(0), "none, or another");
                }
            }
        }
    }

    async fn get(&mut self) -> Option<Session> {
        let found = self.done("get", self.world.store.get(&self.id)).await?;
        let version = found.as_ref().and_then(|session| self.world.version("get", &self.id, session));
        let answer = if found.is_some() { "another version" } else { "none" };
        self.expect("get", version == self.state, answer);
        found.filter(|_| self.state.is_some())
    }
}

impl World {
    /// Fills the store with sessions that nobody changes. `limit` is the store's `timeout`.
    pub(super) async fn new(store: PgStore, limit: Duration, is_strict: bool) -> Arc<Self> {
        let (mut names, mut fixed) = (BTreeMap::new(), BTreeMap::new());
        for number in 0..USERS * EACH {
            let (id, user) = (format!("fixed {number:016x}"), format!("user {}", number % USERS));
            store.set(&id, &json!({"of": id, "user": user, "version": 0}), 60 * MINUTE).await.unwrap();
            names.insert(id.clone(), id.clone());
            fixed.insert(id, user);
        }
        Arc::new(Self {
            store,
            names: Mutex::new(names),
            fixed,
            time_limit: 2 * limit + Duration::from_secs(2),
            is_strict,
            findings: Mutex::default(),
            failed: AtomicU64::new(0),
        })
    }

    /// Lets many callers make calls concurrently. Returns them with what they know in the end.
    pub(super) async fn calls(self: &Arc<Self>, seed: u64) -> Vec<Caller> {
        let calls = from_env("PG_SESSION_TEST_CALLS").unwrap_or(CALLS);
        let mut callers = JoinSet::new();
        for number in 0..CALLERS {
            let mut caller = Caller::new(Arc::clone(self), seed.wrapping_mul(1_000).wrapping_add(number));
            callers.spawn(async move {
                for _ in 0..calls / CALLERS {
                    caller.step().await;
                }
                caller
            });
        }
        callers.join_all().await
    }

    /// Checks that the store works again soon after the faults have stopped, and returns what the callers expect.
    pub(super) async fn works_again(&self, callers: &[Caller]) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while let Err(error) = self.store.set("afterwards", &1, MINUTE).await {
            assert!(Instant::now() < deadline, "the store does not recover: {error}");
        }
        for caller in callers {
            let found = loop {
                match self.store.get(&caller.id).await {
                    Ok(found) => break found,
                    Err(error) => assert!(Instant::now() < deadline, "the store does not recover: {error}"),
                }
            };
            let version = found.and_then(|session| self.version("get afterwards", &caller.id, &session));
            caller.expect("get afterwards", version == caller.state, "another version");
        }
    }

    /// Checks the rows against what the callers know.
    pub(super) async fn is_in_the_table(&self, callers: &[Caller], fixture: &Fixture) {
        let sql = "SELECT id, session ->> 'version' FROM session WHERE expiry > now()";
        let rows = fixture.database.client().await.query(sql, &[]).await.unwrap();
        let rows: BTreeMap<String, Option<String>> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        for (id, state) in callers.iter().flat_map(|caller| &caller.known) {
            let version = rows.get(id).map(|version| version.clone().unwrap_or_default());
            if version != state.map(|version| version.to_string()) {
                self.wrong("the row", "not what was answered last");
            }
        }
    }
}
