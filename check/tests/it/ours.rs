use std::collections::BTreeSet;

use pg_session::PgStore;
use pg_session_check::{Answer, Call, History, Killer, MAX_AGE, Mix, Ours, Verb};
use pg_session_testkit::Database;

use crate::{WORKLOAD, assert_none, found, found_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_promise_is_broken() {
    let database = Database::new();
    let stores = [Ours::new(&database.url()).await.unwrap(), Ours::new(&database.url()).await.unwrap()];
    let (run, violations) = found(stores, WORKLOAD.calls).await;
    assert_none(&run, &violations);
    assert_eq!((run.failed, &run.failure), (0, &None));

    // Every verb was called, and had both of its answers.
    let outcomes: BTreeSet<_> = run.history.calls.iter().map(|call| (name(&call.verb), told(&call.answer))).collect();
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
async fn no_promise_is_broken_where_connections_are_killed() {
    let database = Database::new();
    let stores = [Ours::new(&database.url()).await.unwrap(), Ours::new(&database.url()).await.unwrap()];
    let killer = Killer::start(&database.url()).await.unwrap();
    let (run, violations) = found(stores, WORKLOAD.calls).await;
    assert!(killer.stop().await.unwrap() >= 10);
    // Calls may fail, and need not: what certainly did not run is sent again.
    assert_none(&run, &violations);
}

/// Of these calls, how many sessions were found after the time to live that they were made with, and after `max_age`.
fn old(history: &History) -> usize {
    let is_old = |call: &&Call| {
        let Answer::Found(data) = &call.answer else { return false };
        let made = history.calls[data.born as usize].ended;
        history.brief.get(&call.id).is_some_and(|ttl| call.began > made + *ttl * 2)
    };
    history.calls.iter().filter(is_old).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_in_use_ends() {
    let database = Database::new();
    let stores = [Ours::new(&database.url()).await.unwrap(), Ours::new(&database.url()).await.unwrap()];
    let (run, violations) = found_of(stores, WORKLOAD.calls, Mix::Aged).await;
    assert_none(&run, &violations);
    assert_eq!((run.failed, &run.failure), (0, &None));
    assert!(old(&run.history) >= 100, "{} were found late in their life", old(&run.history));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_renewal_gives_a_new_age() {
    let database = Database::new();
    let store = async || Ours::build(PgStore::builder(database.url()).max_age(MAX_AGE)).await.unwrap();
    let (run, violations) = found_of([store().await, store().await], WORKLOAD.calls, Mix::Renewals).await;
    assert_none(&run, &violations);
    assert_eq!((run.failed, &run.failure), (0, &None));
    assert!(old(&run.history) >= 100, "{} were found late in their life", old(&run.history));
}

fn name(verb: &Verb) -> &'static str {
    match verb {
        Verb::Get => "get",
        Verb::Set(_) => "set",
        Verb::Create(_) => "create",
        Verb::Update { .. } => "update",
        Verb::Touch => "touch",
        Verb::Destroy => "destroy",
        Verb::Rotate(_) => "rotate",
    }
}

fn told(answer: &Answer) -> &'static str {
    match answer {
        Answer::Found(_) => "found",
        Answer::Yes => "yes",
        Answer::No => "no",
        Answer::Done => "done",
        Answer::Unknown => "unknown",
    }
}
