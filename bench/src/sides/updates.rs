use async_trait::async_trait;
use pg_session::{PgStore, Session, Updated};
use serde_json::value::RawValue;
use tokio::task::JoinSet;

use super::{Label, OURS, OURS_IN_RUST, OURS_SET, Side};
use crate::load::{Caller, closed_loop};
use crate::task::{Failure, Operation, Outcome, TTL, Task, data, id};

/// At 256 callers they have all of the usual 100,000 between them.
const SESSIONS_A_CALLER: usize = 400;

/// Updates of pg-session without a conflict: every caller has sessions of its own, and bases of them found before. Or
/// sets by the same callers, for a comparison of the two verbs and of nothing else.
struct Updates {
    name: &'static str,
    verb: Verb,
    store: PgStore,
}

#[derive(Clone, Copy)]
enum Verb {
    Update,
    Set,
}

pub(crate) async fn sides(url: &str) -> Result<[Box<dyn Side>; 2], Failure> {
    let store = PgStore::new(url)?;
    store.setup().await?;
    let side = |(name, verb)| Box::new(Updates { name, verb, store: store.clone() }) as Box<dyn Side>;
    Ok([(OURS, Verb::Update), (OURS_SET, Verb::Set)].map(side))
}

#[async_trait]
impl Side for Updates {
    fn label(&self) -> Label {
        Label { name: self.name, ..OURS_IN_RUST }
    }

    fn does(&self, operation: Operation, _callers: usize) -> bool {
        operation == Operation::Update
    }

    /// The table is filled by our side of the other operations.
    async fn fill(&mut self, _sessions: usize) -> Result<(), Failure> {
        Ok(())
    }

    async fn measure(&mut self, task: Task) -> Result<Outcome, Failure> {
        let mut preparing = JoinSet::new();
        for caller in 0..task.callers {
            preparing.spawn(Updater::prepare(self.store.clone(), self.verb, caller, task));
        }
        let updaters = preparing.join_all().await.into_iter().collect::<Result<_, _>>()?;
        closed_loop(updaters, task.seconds).await
    }
}

/// Gives its sessions their two states in turns, so that the base found of the one holds whenever it is the other's turn.
struct Updater {
    store: PgStore,
    verb: Verb,
    sessions: Vec<[Session; 2]>,
}

impl Updater {
    async fn prepare(store: PgStore, verb: Verb, caller: usize, task: Task) -> Result<Self, Failure> {
        let mut sessions = Vec::new();
        for number in (caller..task.sessions).step_by(task.callers).take(SESSIONS_A_CALLER) {
            let (next, now) = (data(number).replace("\"views\":1", "\"views\":2"), data(number));
            sessions.push([kept(&store, number, &next).await?, kept(&store, number, &now).await?]);
        }
        match sessions.is_empty() {
            true => Err("there are fewer sessions than callers: give more by --sessions".into()),
            false => Ok(Self { store, verb, sessions }),
        }
    }
}

impl Caller for Updater {
    async fn call(&mut self) -> Result<(), Failure> {
        let place = fastrand::usize(0..self.sessions.len());
        let session = &mut self.sessions[place];
        let next: &RawValue = serde_json::from_str(session[0].json())?;
        match self.verb {
            Verb::Set => self.store.set(session[1].id(), next, TTL).await?,
            Verb::Update => match self.store.update(&session[1], next, TTL).await? {
                Updated::Saved => {}
                conflict => return Err(format!("an update without a conflict says {conflict:?}").into()),
            },
        }
        session.swap(0, 1);
        Ok(())
    }
}

/// The session as a get finds it after this set.
async fn kept(store: &PgStore, number: usize, json: &str) -> Result<Session, Failure> {
    let (id, data): (_, &RawValue) = (id(number), serde_json::from_str(json)?);
    store.set(&id, data, TTL).await?;
    store.get(&id).await?.ok_or_else(|| "a session is missing: the store lost what it was given".into())
}
