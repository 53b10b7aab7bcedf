//! Random calls to stores on a real PostgreSQL, and what the checker finds in the answers.

#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect should fail")]

mod altered;
mod misbehaving;
mod ours;
mod peers;
mod wrong;
mod wrong_times;

use std::time::Duration;

use pg_session_check::{Kind, Mix, Run, Store, Violation, Workload, check, run};

/// A fixed seed, and a few seconds.
const WORKLOAD: Workload = Workload { calls: 12_000, time: Duration::from_secs(60), seed: 7, mix: Mix::Plain };

/// What the checker finds after `calls` calls to these stores.
async fn found<S: Store>(stores: [S; 2], calls: u32) -> (Run, Vec<Violation>) {
    found_of(stores, calls, Mix::Plain).await
}

async fn found_of<S: Store>(stores: [S; 2], calls: u32, mix: Mix) -> (Run, Vec<Violation>) {
    let run = run(stores, Workload { calls, mix, ..WORKLOAD }).await;
    let violations = check(&run.history);
    (run, violations)
}

fn assert_none(run: &Run, violations: &[Violation]) {
    let excerpts: Vec<_> = violations.iter().take(3).map(|violation| violation.excerpt(&run.history)).collect();
    assert!(violations.is_empty(), "{} violations; the first:\n{}", violations.len(), excerpts.join("\n"));
}

fn assert_found(kind: Kind, violations: &[Violation]) {
    assert!(violations.iter().any(|violation| violation.kind == kind), "no {kind} found");
}
