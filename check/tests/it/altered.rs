//! The table is altered while it is in use.

use pg_session_check::{Alterer, FITTING, Kind, Ours, Run, Violation};
use pg_session_testkit::Database;

use crate::{WORKLOAD, assert_found, assert_none, found};

async fn found_while(statements: &'static [&'static str], rounds: u64) -> (Run, Vec<Violation>) {
    let database = Database::new();
    let stores = [Ours::new(&database.url()).await.unwrap(), Ours::new(&database.url()).await.unwrap()];
    let alterer = Alterer::start(&database.url(), statements).await.unwrap();
    let found = found(stores, WORKLOAD.calls).await;
    let altered = alterer.stop().await.unwrap();
    assert!(altered >= rounds * statements.len() as u64, "the table was altered {altered} times");
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_alteration_that_leaves_a_fitting_table_is_noticed() {
    let (run, violations) = found_while(FITTING, 2).await;
    assert_none(&run, &violations);
    assert_eq!((run.failed, &run.failure), (0, &None));
}

/// Another table takes the place of the one that was found, as after a rename.
const REPLACED: &[&str] = &[
    "SELECT pg_sleep(0.2)",
    "CREATE TABLE empty (LIKE session INCLUDING ALL); DROP TABLE session; ALTER TABLE empty RENAME TO session",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_is_replaced_by_an_empty_one_is_found() {
    let (_, violations) = found_while(REPLACED, 1).await;
    assert_found(Kind::LostUpdate, &violations);
}

/// An older copy of the data is put back.
const PUT_BACK: &[&str] = &[
    "CREATE TABLE copy AS SELECT * FROM session",
    "SELECT pg_sleep(0.1)",
    "BEGIN; LOCK TABLE session; DELETE FROM session; INSERT INTO session SELECT * FROM copy; COMMIT; DROP TABLE copy",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_is_put_back_is_found() {
    let (_, violations) = found_while(PUT_BACK, 1).await;
    assert_found(Kind::LostUpdate, &violations);
    assert_found(Kind::Resurrected, &violations);
}
