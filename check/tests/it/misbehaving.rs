//! One store reaches the server through a misbehaving proxy.

use std::sync::Mutex;
use std::time::Duration;

use pg_session::{PgStore, Session};
use pg_session_check::{BoxError, Data, Id, Kind, PgSession, Store};
use pg_session_testkit::{Database, Fault, Faults, Proxy};

use crate::{WORKLOAD, assert_found, assert_none, run_and_check};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_misbehaving_server_breaks_no_promise() {
    let database = Database::new();
    let proxy = Proxy::start(&database.url()).await.unwrap();
    let behind_proxy =
        PgSession::build(PgStore::builder(proxy.url()).timeout(Duration::from_millis(300))).await.unwrap();
    proxy.misbehave(Faults::at_random(&Fault::DETECTABLE, 60, WORKLOAD.seed));
    let (run, violations) =
        run_and_check([behind_proxy, PgSession::new(&database.url()).await.unwrap()], WORKLOAD.calls).await;
    assert_none(&run, &violations);
    assert!(proxy.struck() >= 10, "{} faults", proxy.struck());
    assert!(run.failed > 0, "no call failed");
}

/// pg-session, but a get sometimes returns the answer of the previous get, as if replies were not matched by key.
struct MixedUpReplies {
    inner: PgSession,
    last: Mutex<Option<(Data, Session)>>,
}

impl Store for MixedUpReplies {
    type Base = Session;

    async fn get(&self, id: Id) -> Result<Option<(Data, Session)>, BoxError> {
        let found = self.inner.get(id).await?;
        let previous = std::mem::replace(&mut *self.last.lock().unwrap(), found.clone());
        Ok(if fastrand::u8(..) == 0 { previous } else { found })
    }

    async fn set(&self, id: Id, data: &Data, ttl: Duration) -> Result<(), BoxError> {
        self.inner.set(id, data, ttl).await
    }

    async fn create(&self, id: Id, data: &Data, ttl: Duration) -> Result<bool, BoxError> {
        self.inner.create(id, data, ttl).await
    }

    async fn update(&self, id: Id, base: &Session, data: &Data, ttl: Duration) -> Result<bool, BoxError> {
        self.inner.update(id, base, data, ttl).await
    }

    async fn touch(&self, id: Id, ttl: Duration) -> Result<Option<bool>, BoxError> {
        self.inner.touch(id, ttl).await
    }

    async fn destroy(&self, id: Id) -> Result<Option<bool>, BoxError> {
        self.inner.destroy(id).await
    }

    async fn rotate(&self, old: Id, new: Id, ttl: Duration) -> Result<bool, BoxError> {
        self.inner.rotate(old, new, ttl).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_to_another_caller_is_found() {
    let database = Database::new();
    let store =
        async || MixedUpReplies { inner: PgSession::new(&database.url()).await.unwrap(), last: Mutex::default() };
    let (_, violations) = run_and_check([store().await, store().await], 4_000).await;
    assert_found(Kind::NeverWritten, &violations);
}
