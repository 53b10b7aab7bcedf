use async_trait::async_trait;
use pg_session::{PgStore, Session, Updated};
use serde_json::value::RawValue;
use tokio::task::JoinSet;

use crate::error::BoxError;
use crate::load::{Caller, closed_loop};
use crate::outcome::Outcome;
use crate::session::{TTL, data, id};
use crate::store::require;
use crate::target::{Label, PG_SESSION, PG_SESSION_IN_RUST, PG_SESSION_SET, Target};
use crate::task::{Operation, Task};

/// 256 callers share the usual 100,000 sessions.
const SESSIONS_PER_CALLER: usize = 400;

/// Updates of pg-session without a conflict: every caller has sessions of its own, which it has read before. Or sets by
/// the same callers, to compare the two operations and nothing else.
struct Updates {
    name: &'static str,
    write: Write,
    store: PgStore,
}

#[derive(Clone, Copy)]
enum Write {
    Update,
    Set,
}

pub(crate) async fn targets(url: &str) -> Result<[Box<dyn Target>; 2], BoxError> {
    let store = PgStore::new(url)?;
    store.setup().await?;
    let target = |(name, write)| Box::new(Updates { name, write, store: store.clone() }) as Box<dyn Target>;
    Ok([(PG_SESSION, Write::Update), (PG_SESSION_SET, Write::Set)].map(target))
}

#[async_trait]
impl Target for Updates {
    fn label(&self) -> Label {
        Label { name: self.name, ..PG_SESSION_IN_RUST }
    }

    fn supports(&self, operation: Operation, _callers: usize) -> bool {
        operation == Operation::Update
    }

    /// Does nothing, because the target of the other operations fills the table.
    async fn fill(&mut self, _sessions: usize) -> Result<(), BoxError> {
        Ok(())
    }

    async fn measure(&mut self, task: Task) -> Result<Outcome, BoxError> {
        let mut preparing = JoinSet::new();
        for caller in 0..task.callers {
            preparing.spawn(Updater::prepare(self.store.clone(), self.write, caller, task));
        }
        let updaters = preparing.join_all().await.into_iter().collect::<Result<_, _>>()?;
        closed_loop(updaters, task.seconds).await
    }
}

/// Switches its sessions between two states, so that each state it has read is a valid base again at every other call.
struct Updater {
    store: PgStore,
    write: Write,
    /// The next and the current state of each session.
    sessions: Vec<[Session; 2]>,
}

impl Updater {
    async fn prepare(store: PgStore, write: Write, caller: usize, task: Task) -> Result<Self, BoxError> {
        let mut sessions = Vec::new();
        for number in (caller..task.sessions).step_by(task.callers).take(SESSIONS_PER_CALLER) {
            let (next, current) = (data(number).replace("\"views\":1", "\"views\":2"), data(number));
            sessions.push([set_and_get(&store, number, &next).await?, set_and_get(&store, number, &current).await?]);
        }
        if sessions.is_empty() {
            return Err("there are fewer sessions than callers: give more with --sessions".into());
        }
        Ok(Self { store, write, sessions })
    }
}

impl Caller for Updater {
    async fn call(&mut self) -> Result<(), BoxError> {
        let index = fastrand::usize(0..self.sessions.len());
        let [next, current] = &self.sessions[index];
        let data: &RawValue = serde_json::from_str(next.json())?;
        match self.write {
            Write::Set => self.store.set(current.id(), data, TTL).await?,
            Write::Update => match self.store.update(current, data, TTL).await? {
                Updated::Saved => {}
                other => return Err(format!("an update without a conflict returned {other:?}").into()),
            },
        }
        self.sessions[index].swap(0, 1);
        Ok(())
    }
}

async fn set_and_get(store: &PgStore, number: usize, json: &str) -> Result<Session, BoxError> {
    let (id, data): (_, &RawValue) = (id(number), serde_json::from_str(json)?);
    store.set(&id, data, TTL).await?;
    require(store.get(&id).await?)
}
