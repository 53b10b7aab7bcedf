//! Stores and tables with deliberate faults about time, which the checker must find.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use pg_session::{PgStore, Session};
use pg_session_check::{BoxError, Data, Id, Kind, MAX_AGE, Mix, PgSession, Store};
use pg_session_testkit::Database;

use crate::{assert_found, run_and_check_mix};

const CALLS: u32 = 12_000;

/// pg-session, but `set` and `update` keep the expiry date that the session got when it was created.
struct StaleDate {
    inner: PgSession,
    ends: Mutex<HashMap<Id, Instant>>,
}

impl StaleDate {
    fn remaining(&self, id: Id, ttl: Duration) -> Duration {
        let mut ends = self.ends.lock().unwrap();
        ends.entry(id).or_insert_with(|| Instant::now() + ttl).saturating_duration_since(Instant::now())
    }
}

impl Store for StaleDate {
    type Base = Session;

    async fn get(&self, id: Id) -> Result<Option<(Data, Session)>, BoxError> {
        self.inner.get(id).await
    }

    async fn set(&self, id: Id, data: &Data, ttl: Duration) -> Result<(), BoxError> {
        self.inner.set(id, data, self.remaining(id, ttl)).await
    }

    async fn create(&self, id: Id, data: &Data, ttl: Duration) -> Result<bool, BoxError> {
        self.inner.create(id, data, self.remaining(id, ttl)).await
    }

    async fn update(&self, id: Id, base: &Session, data: &Data, ttl: Duration) -> Result<bool, BoxError> {
        self.inner.update(id, base, data, self.remaining(id, ttl)).await
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
async fn a_stale_expiry_date_is_found() {
    let database = Database::new();
    let store = async || StaleDate { inner: PgSession::new(&database.url()).await.unwrap(), ends: Mutex::default() };
    let (_, violations) = run_and_check_mix([store().await, store().await], CALLS, Mix::Aged).await;
    assert_found(Kind::EndedEarly, &violations);
}

/// Asserts that the checker finds this kind while a trigger changes every row that is updated.
async fn assert_found_with_trigger(mix: Mix, trigger: &str, kind: Kind) {
    let database = Database::new();
    let store = async || {
        let builder = PgStore::builder(database.url());
        PgSession::build(if mix == Mix::Renewals { builder.max_age(MAX_AGE) } else { builder }).await.unwrap()
    };
    let stores = [store().await, store().await];
    let sql = format!(
        "CREATE FUNCTION break_times() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {trigger}; RETURN NEW; END $$; \
         CREATE TRIGGER break_times BEFORE UPDATE ON session FOR EACH ROW EXECUTE FUNCTION break_times()"
    );
    database.client().await.batch_execute(&sql).await.unwrap();
    let (_, violations) = run_and_check_mix(stores, CALLS, mix).await;
    assert_found(kind, &violations);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_that_resets_the_age_is_found() {
    let trigger = "IF NEW.id <> OLD.id THEN NEW.created = now(); END IF";
    assert_found_with_trigger(Mix::Renewals, trigger, Kind::TooOld).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_that_increases_the_age_is_found() {
    let trigger = "IF NEW.id <> OLD.id THEN NEW.created = OLD.created - interval '0.3 s'; END IF";
    assert_found_with_trigger(Mix::Renewals, trigger, Kind::EndedEarly).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expiry_that_does_not_move_is_found() {
    assert_found_with_trigger(Mix::Aged, "NEW.expiry = OLD.expiry", Kind::EndedEarly).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_never_ends_is_found() {
    assert_found_with_trigger(Mix::Aged, "NEW.expiry = now() + interval '1 hour'", Kind::ExpiredAlive).await;
}
