//! Stores that are wrong on purpose, in one verb each: the checker has to find it.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use pg_session::Session;
use pg_session_check::{Data, Failure, Id, Kind, Ours, Store};
use pg_session_testkit::Database;

use crate::found;

/// Ours, but for one verb.
struct Wrong {
    ours: Ours,
    fault: Fault,
    /// What was found first under each id.
    cache: Mutex<HashMap<Id, (Data, Session)>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fault {
    /// `get` answers from a cache.
    GetCaches,
    /// Every time to live is ten times as long.
    LivesLong,
    /// `create` is a set.
    CreateSets,
    /// `update` is a get and a set.
    UpdateSets,
    /// `destroy` sets again what it has found.
    DestroySets,
    /// `rotate` is a get, a set and a destroy.
    RotateSets,
    /// `set` happens twice before it is answered, as if it had been sent again.
    SetsTwice,
}

impl Wrong {
    fn ttl(&self, ttl: Duration) -> Duration {
        if self.fault == Fault::LivesLong { ttl * 10 } else { ttl }
    }
}

impl Store for Wrong {
    type Base = Session;

    async fn get(&self, id: Id) -> Result<Option<(Data, Session)>, Failure> {
        let found = self.ours.get(id).await?;
        let (Fault::GetCaches, Some(found)) = (self.fault, &found) else { return Ok(found) };
        Ok(Some(self.cache.lock().unwrap().entry(id).or_insert_with(|| found.clone()).clone()))
    }

    async fn set(&self, id: Id, data: &Data, ttl: Duration) -> Result<(), Failure> {
        if self.fault == Fault::SetsTwice {
            self.ours.set(id, data, ttl).await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.ours.set(id, data, self.ttl(ttl)).await
    }

    async fn create(&self, id: Id, data: &Data, ttl: Duration) -> Result<bool, Failure> {
        if self.fault == Fault::CreateSets {
            self.ours.set(id, data, ttl).await?;
            return Ok(true);
        }
        self.ours.create(id, data, self.ttl(ttl)).await
    }

    async fn update(&self, id: Id, base: &Session, data: &Data, ttl: Duration) -> Result<bool, Failure> {
        if self.fault != Fault::UpdateSets {
            return self.ours.update(id, base, data, self.ttl(ttl)).await;
        }
        if self.ours.get(id).await?.is_none() {
            return Ok(false);
        }
        self.ours.set(id, data, ttl).await?;
        Ok(true)
    }

    async fn touch(&self, id: Id, ttl: Duration) -> Result<Option<bool>, Failure> {
        self.ours.touch(id, self.ttl(ttl)).await
    }

    async fn destroy(&self, id: Id) -> Result<Option<bool>, Failure> {
        let found = self.ours.get(id).await?;
        let destroyed = self.ours.destroy(id).await?;
        if let (Fault::DestroySets, Some((data, _))) = (self.fault, found) {
            self.ours.set(id, &data, Duration::from_secs(60)).await?;
        }
        Ok(destroyed)
    }

    async fn rotate(&self, old: Id, new: Id, ttl: Duration) -> Result<bool, Failure> {
        if self.fault != Fault::RotateSets {
            return self.ours.rotate(old, new, ttl).await;
        }
        let Some((data, _)) = self.ours.get(old).await? else { return Ok(false) };
        self.ours.set(new, &data, ttl).await?;
        self.ours.destroy(old).await?;
        Ok(true)
    }
}

/// What the checker must find, whatever else it does. What it takes is chance and time: where few calls do not show it,
/// more will.
async fn is_found(fault: Fault, kinds: &[Kind]) {
    let mut missing = kinds.to_vec();
    for calls in [4_000, 12_000, 36_000] {
        let database = Database::new();
        let mut stores = Vec::new();
        for _ in 0..2 {
            let ours = Ours::new(&database.url()).await.unwrap();
            stores.push(Wrong { ours, fault, cache: Mutex::default() });
        }
        let (_, violations) = found(stores.try_into().ok().unwrap(), calls).await;
        missing.retain(|kind| violations.iter().all(|violation| violation.kind != *kind));
        if missing.is_empty() {
            return;
        }
    }
    panic!("not found: {missing:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_that_is_a_set() {
    is_found(Fault::UpdateSets, &[Kind::LostUpdate, Kind::Resurrected, Kind::RotatedAlive]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destroy_that_a_set_follows() {
    is_found(Fault::DestroySets, &[Kind::Resurrected]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_in_steps() {
    is_found(Fault::RotateSets, &[Kind::TwoWinners, Kind::LostUpdate]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_that_happens_twice() {
    is_found(Fault::SetsTwice, &[Kind::Resurrected, Kind::LostUpdate]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_that_overwrites() {
    is_found(Fault::CreateSets, &[Kind::LostUpdate]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_lives_too_long() {
    is_found(Fault::LivesLong, &[Kind::ExpiredAlive]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_get_from_a_cache() {
    is_found(Fault::GetCaches, &[Kind::LostUpdate]).await;
}
