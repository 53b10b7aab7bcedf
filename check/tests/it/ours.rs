use std::collections::BTreeSet;

use pg_session_check::{Answer, Killer, Ours, Verb};
use pg_session_testkit::Database;

use crate::{WORKLOAD, assert_none, found};

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
    assert_none(&run, &violations);
    assert!(run.failed > 0, "no call was cut off");
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
