//! Stores with one deliberate fault each, which the checker must find.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use pg_session::Session;
use pg_session_check::{BoxError, Data, Id, Kind, PgSession, Store};
use pg_session_testkit::Database;

use crate::run_and_check;

/// pg-session with one fault.
struct Faulty {
    inner: PgSession,
    fault: Fault,
    /// The first answer of `get` for each id.
    cache: Mutex<HashMap<Id, (Data, Session)>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fault {
    /// `get` answers from a cache.
    GetCaches,
    /// Every time to live is ten times too long.
    LongTtl,
    /// `create` sets.
    CreateSets,
    /// `update` gets and sets.
    UpdateSets,
    /// `destroy` is followed by a set of the old data.
    DestroySets,
    /// `rotate` gets, sets and destroys.
    RotateSets,
    /// `set` takes effect twice before it returns, as if it had been sent again.
    SetsTwice,
}

impl Faulty {
    fn ttl(&self, ttl: Duration) -> Duration {
        if self.fault == Fault::LongTtl { ttl * 10 } else { ttl }
    }
}

impl Store for Faulty {
    type Base = Session;

    async fn get(&self, id: Id) -> Result<Option<(Data, Session)>, BoxError> {
        let found = self.inner.get(id).await?;
        let (Fault::GetCaches, Some(found)) = (self.fault, &found) else { return Ok(found) };
        Ok(Some(self.cache.lock().unwrap().entry(id).or_insert_with(|| found.clone()).clone()))
    }

    async fn set(&self, id: Id, data: &Data, ttl: Duration) -> Result<(), BoxError> {
        if self.fault == Fault::SetsTwice {
            self.inner.set(id, data, ttl).await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.inner.set(id, data, self.ttl(ttl)).await
    }

    async fn create(&self, id: Id, data: &Data, ttl: Duration) -> Result<bool, BoxError> {
        if self.fault == Fault::CreateSets {
            self.inner.set(id, data, ttl).await?;
            return Ok(true);
        }
        self.inner.create(id, data, self.ttl(ttl)).await
    }

    async fn update(&self, id: Id, base: &Session, data: &Data, ttl: Duration) -> Result<bool, BoxError> {
        if self.fault != Fault::UpdateSets {
            return self.inner.update(id, base, data, self.ttl(ttl)).await;
        }
        if self.inner.get(id).await?.is_none() {
            return Ok(false);
        }
        self.inner.set(id, data, ttl).await?;
        Ok(true)
    }

    async fn touch(&self, id: Id, ttl: Duration) -> Result<Option<bool>, BoxError> {
        self.inner.touch(id, self.ttl(ttl)).await
    }

    async fn destroy(&self, id: Id) -> Result<Option<bool>, BoxError> {
        let found = self.inner.get(id).await?;
        let destroyed = self.inner.destroy(id).await?;
        if let (Fault::DestroySets, Some((data, _))) = (self.fault, found) {
            self.inner.set(id, &data, Duration::from_secs(60)).await?;
        }
        Ok(destroyed)
    }

    async fn rotate(&self, old: Id, new: Id, ttl: Duration) -> Result<bool, BoxError> {
        if self.fault != Fault::RotateSets {
            return self.inner.rotate(old, new, ttl).await;
        }
        let Some((data, _)) = self.inner.get(old).await? else { return Ok(false) };
        self.inner.set(new, &data, ttl).await?;
        self.inner.destroy(old).await?;
        Ok(true)
    }
}

/// Asserts that the checker finds these kinds. If few calls do not happen to show them, makes more.
async fn assert_finds(fault: Fault, kinds: &[Kind]) {
    let mut missing = kinds.to_vec();
    for calls in [4_000, 12_000, 36_000] {
        let database = Database::new();
        let mut stores = Vec::new();
        for _ in 0..2 {
            let inner = PgSession::new(&database.url()).await.unwrap();
            stores.push(Faulty { inner, fault, cache: Mutex::default() });
        }
        let (_, violations) = run_and_check(stores.try_into().ok().unwrap(), calls).await;
        missing.retain(|kind| violations.iter().all(|violation| violation.kind != *kind));
        if missing.is_empty() {
            return;
        }
    }
    panic!("the checker does not find {missing:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_that_sets_is_found() {
    assert_finds(Fault::UpdateSets, &[Kind::LostUpdate, Kind::Resurrected, Kind::RotatedAlive]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_after_a_destroy_is_found() {
    assert_finds(Fault::DestroySets, &[Kind::Resurrected]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_in_steps_is_found() {
    assert_finds(Fault::RotateSets, &[Kind::TwoWinners, Kind::LostUpdate]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_that_takes_effect_twice_is_found() {
    assert_finds(Fault::SetsTwice, &[Kind::Resurrected, Kind::LostUpdate]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_that_overwrites_is_found() {
    assert_finds(Fault::CreateSets, &[Kind::LostUpdate]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_lives_too_long_is_found() {
    assert_finds(Fault::LongTtl, &[Kind::ExpiredAlive]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_get_from_a_cache_is_found() {
    assert_finds(Fault::GetCaches, &[Kind::LostUpdate]).await;
}
