//! The table is altered while stores use it.

use pg_session_check::{Disturbance, FITTING_ALTERATIONS, Kind, PgSession, Run, Violation};
use pg_session_testkit::Database;

use crate::{WORKLOAD, assert_found, assert_none, run_and_check};

async fn run_while_altering(statements: &'static [&'static str], rounds: u64) -> (Run, Vec<Violation>) {
    let database = Database::new();
    let stores = [PgSession::new(&database.url()).await.unwrap(), PgSession::new(&database.url()).await.unwrap()];
    let alterations = Disturbance::alter_table(&database.url(), statements).await.unwrap();
    let found = run_and_check(stores, WORKLOAD.calls).await;
    let altered = alterations.stop().await.unwrap();
    assert!(altered >= rounds * statements.len() as u64, "the table was altered {altered} times");
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fitting_alterations_break_no_promise() {
    let (run, violations) = run_while_altering(FITTING_ALTERATIONS, 2).await;
    assert_none(&run, &violations);
    assert_eq!((run.failed, &run.failure), (0, &None));
}

/// Replaces the table by an empty one.
const REPLACED: &[&str] = &[
    "SELECT pg_sleep(0.2)",
    "CREATE TABLE empty (LIKE session INCLUDING ALL); DROP TABLE session; ALTER TABLE empty RENAME TO session",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_replaced_by_an_empty_one_is_found() {
    let (_, violations) = run_while_altering(REPLACED, 1).await;
    assert_found(Kind::LostUpdate, &violations);
}

/// Restores an older copy of the data.
const RESTORED: &[&str] = &[
    "CREATE TABLE copy AS SELECT * FROM session",
    "SELECT pg_sleep(0.1)",
    "BEGIN; LOCK TABLE session; DELETE FROM session; INSERT INTO session SELECT * FROM copy; COMMIT; DROP TABLE copy",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_restored_from_an_older_copy_is_found() {
    let (_, violations) = run_while_altering(RESTORED, 1).await;
    assert_found(Kind::LostUpdate, &violations);
    assert_found(Kind::Resurrected, &violations);
}
