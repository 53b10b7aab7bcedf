//! Stores and tables that are wrong about time, on purpose: the checker has to find it.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use pg_session::{PgStore, Session};
use pg_session_check::{Data, Failure, Id, Kind, MAX_AGE, Mix, Ours, Store};
use pg_session_testkit::Database;

use crate::{assert_found, found_of};

const CALLS: u32 = 12_000;

/// Ours, but an update gives the session the time that it had left when it was created: a date in its data that merely
/// grew old.
struct StaleDate {
    ours: Ours,
    ends: Mutex<HashMap<Id, Instant>>,
}

impl StaleDate {
    fn left(&self, id: Id, ttl: Duration) -> Duration {
        let mut ends = self.ends.lock().unwrap();
        ends.entry(id).or_insert_with(|| Instant::now() + ttl).saturating_duration_since(Instant::now())
    }
}

impl Store for StaleDate {
    type Base = Session;

    async fn get(&self, id: Id) -> Result<Option<(Data, Session)>, Failure> {
        self.ours.get(id).await
    }

    async fn set(&self, id: Id, data: &Data, ttl: Duration) -> Result<(), Failure> {
        self.ours.set(id, data, self.left(id, ttl)).await
    }

    async fn create(&self, id: Id, data: &Data, ttl: Duration) -> Result<bool, Failure> {
        self.ours.create(id, data, self.left(id, ttl)).await
    }

    async fn update(&self, id: Id, base: &Session, data: &Data, ttl: Duration) -> Result<bool, Failure> {
        self.ours.update(id, base, data, self.left(id, ttl)).await
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
async fn a_date_that_grew_old_and_ends_a_session_is_found() {
    let database = Database::new();
    let store = async || StaleDate { ours: Ours::new(&database.url()).await.unwrap(), ends: Mutex::default() };
    let (_, violations) = found_of([store().await, store().await], CALLS, Mix::Aged).await;
    assert_found(Kind::EndedEarly, &violations);
}

/// What is found where a trigger has its way with each row that is updated.
async fn found_with(mix: Mix, trigger: &str, kind: Kind) {
    let database = Database::new();
    let store = async || {
        let builder = PgStore::builder(database.url());
        Ours::build(if mix == Mix::Renewals { builder.max_age(MAX_AGE) } else { builder }).await.unwrap()
    };
    let stores = [store().await, store().await];
    let sql = format!(
        "CREATE FUNCTION wrong() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {trigger}; RETURN NEW; END $$; \
         CREATE TRIGGER wrong BEFORE UPDATE ON session FOR EACH ROW EXECUTE FUNCTION wrong()"
    );
    database.client().await.batch_execute(&sql).await.unwrap();
    let (_, violations) = found_of(stores, CALLS, mix).await;
    assert_found(kind, &violations);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_that_gives_a_new_age_is_found() {
    let trigger = "IF NEW.id <> OLD.id THEN NEW.created = now(); END IF";
    found_with(Mix::Renewals, trigger, Kind::TooOld).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_that_makes_a_session_older_is_found() {
    let trigger = "IF NEW.id <> OLD.id THEN NEW.created = OLD.created - interval '0.3 s'; END IF";
    found_with(Mix::Renewals, trigger, Kind::EndedEarly).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expiry_that_does_not_move_is_found() {
    found_with(Mix::Aged, "NEW.expiry = OLD.expiry", Kind::EndedEarly).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_never_ends_is_found() {
    found_with(Mix::Aged, "NEW.expiry = now() + interval '1 hour'", Kind::ExpiredAlive).await;
}
