use std::collections::BTreeSet;

use pg_session::PgStore;
use pg_session_check::{Answer, Call, Disturbance, History, MAX_AGE, Mix, Operation, PgSession};
use pg_session_testkit::Database;

use crate::{WORKLOAD, assert_none, run_and_check, run_and_check_mix};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn undisturbed_calls_break_no_promise() {
    let database = Database::new();
    let stores = [PgSession::new(&database.url()).await.unwrap(), PgSession::new(&database.url()).await.unwrap()];
    let (run, violations) = run_and_check(stores, WORKLOAD.calls).await;
    assert_none(&run, &violations);
    assert_eq!((run.failed, &run.failure), (0, &None));

    // Every operation was called and gave each of its answers.
    let outcomes: BTreeSet<_> =
        run.history.calls.iter().map(|call| (operation(&call.operation), answer(&call.answer))).collect();
    let expected = [
        ("create", "no"),
        ("create", "yes"),
        ("destroy", "no"),
        ("destroy", "yes"),
        ("get", "found"),
        ("get", "no"),
        ("rotate", "no"),
        ("rotate", "yes"),
        ("set", "done"),
        ("touch", "no"),
        ("touch", "yes"),
        ("update", "no"),
        ("update", "yes"),
    ];
    assert_eq!(outcomes, BTreeSet::from(expected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_connections_break_no_promise() {
    let database = Database::new();
    let stores = [PgSession::new(&database.url()).await.unwrap(), PgSession::new(&database.url()).await.unwrap()];
    let kills = Disturbance::kill_connections(&database.url()).await.unwrap();
    let (run, violations) = run_and_check(stores, WORKLOAD.calls).await;
    assert!(kills.stop().await.unwrap() >= 10);
    // Calls may fail, but need not: a call that certainly did not run is sent again.
    assert_none(&run, &violations);
}

/// Counts the gets that found a session at more than twice its time to live after its creation.
fn late_finds(history: &History) -> usize {
    let is_late = |call: &&Call| {
        let Answer::Found(data) = &call.answer else { return false };
        let created = history.calls[data.created_by as usize].ended;
        history.short_lived.get(&call.id).is_some_and(|ttl| call.began > created + *ttl * 2)
    };
    history.calls.iter().filter(is_late).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_in_use_ends_early() {
    let database = Database::new();
    let stores = [PgSession::new(&database.url()).await.unwrap(), PgSession::new(&database.url()).await.unwrap()];
    let (run, violations) = run_and_check_mix(stores, WORKLOAD.calls, Mix::Aged).await;
    assert_none(&run, &violations);
    assert_eq!((run.failed, &run.failure), (0, &None));
    assert!(
        late_finds(&run.history) >= 100,
        "only {} sessions were found late in their life",
        late_finds(&run.history)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn renewals_keep_the_age() {
    let database = Database::new();
    let store = async || PgSession::build(PgStore::builder(database.url()).max_age(MAX_AGE)).await.unwrap();
    let (run, violations) = run_and_check_mix([store().await, store().await], WORKLOAD.calls, Mix::Renewals).await;
    assert_none(&run, &violations);
    assert_eq!((run.failed, &run.failure), (0, &None));
    assert!(
        late_finds(&run.history) >= 100,
        "only {} sessions were found late in their life",
        late_finds(&run.history)
    );
}

fn operation(operation: &Operation) -> &'static str {
    match operation {
        Operation::Get => "get",
        Operation::Set(_) => "set",
        Operation::Create(_) => "create",
        Operation::Update { .. } => "update",
        Operation::Touch => "touch",
        Operation::Destroy => "destroy",
        Operation::Rotate(_) => "rotate",
    }
}

fn answer(answer: &Answer) -> &'static str {
    match answer {
        Answer::Found(_) => "found",
        Answer::Yes => "yes",
        Answer::No => "no",
        Answer::Done => "done",
        Answer::Unknown => "unknown",
    }
}
