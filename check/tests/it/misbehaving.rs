//! One store reaches the server by way of a proxy that misbehaves.

use std::sync::Mutex;
use std::time::Duration;

use pg_session::{PgStore, Session};
use pg_session_check::{Data, Failure, Id, Kind, Ours, Store};
use pg_session_testkit::{Database, Fault, Faults, Proxy};

use crate::{WORKLOAD, assert_found, assert_none, found};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_promise_is_broken_where_the_server_misbehaves() {
    let database = Database::new();
    let proxy = Proxy::start(&database.url()).await.unwrap();
    let behind = Ours::build(PgStore::builder(proxy.url()).timeout(Duration::from_millis(300))).await.unwrap();
    proxy.misbehave(Faults::at_random(&Fault::DETECTABLE, 60, WORKLOAD.seed));
    let (run, violations) = found([behind, Ours::new(&database.url()).await.unwrap()], WORKLOAD.calls).await;
    assert_none(&run, &violations);
    assert!(proxy.struck() >= 10, "{} faults", proxy.struck());
    assert!(run.failed > 0, "no call failed");
}

/// Ours, but a get sometimes has the answer of the one before: what replies without keys come to.
struct OutOfStep {
    ours: Ours,
    last: Mutex<Option<(Data, Session)>>,
}

impl Store for OutOfStep {
    type Base = Session;

    async fn get(&self, id: Id) -> Result<Option<(Data, Session)>, Failure> {
        let found = self.ours.get(id).await?;
        let before = std::mem::replace(&mut *self.last.lock().unwrap(), found.clone());
        Ok(if fastrand::u8(..) == 0 { before } else { found })
    }

    async fn set(&self, id: Id, data: &Data, ttl: Duration) -> Result<(), Failure> {
        self.ours.set(id, data, ttl).await
    }

    async fn create(&self, id: Id, data: &Data, ttl: Duration) -> Result<bool, Failure> {
        self.ours.create(id, data, ttl).await
    }

    async fn update(&self, id: Id, base: &Session, data: &Data, ttl: Duration) -> Result<bool, Failure> {
        self.ours.update(id, base, data, ttl).await
    }

    async fn touch(&self, id: Id, ttl: Duration) -> Result<Option<bool>, Failure> {
        self.ours.touch(id, ttl).await
    }

    async fn destroy(&self, id: Id) -> Result<Option<bool>, Failure> {
        self.ours.destroy(id).await
    }

    async fn rotate(&self, old: Id, new: Id, ttl: Duration) -> Result<bool, Failure> {
        self.ours.rotate(old, new, ttl).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_for_another_caller_is_found() {
    let database = Database::new();
    let store = async || OutOfStep { ours: Ours::new(&database.url()).await.unwrap(), last: Mutex::default() };
    let (_, violations) = found([store().await, store().await], 4_000).await;
    assert_found(Kind::NeverWritten, &violations);
}
