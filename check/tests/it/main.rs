//! Makes random calls to stores on a real PostgreSQL and checks what the checker finds.

#![expect(clippy::unwrap_used, reason = "a test should fail on any error")]

mod altered;
mod faulty;
mod faulty_times;
mod misbehaving;
mod peers;
mod pg_session;

use std::time::Duration;

use pg_session_check::{Kind, Mix, Run, Store, Violation, Workload, check, run};

/// A fixed seed. The calls take a few seconds.
const WORKLOAD: Workload = Workload { calls: 12_000, time: Duration::from_secs(60), seed: 7, mix: Mix::Plain };

/// Makes `calls` calls to these stores, and returns the violations that the checker finds.
async fn run_and_check<S: Store>(stores: [S; 2], calls: u32) -> (Run, Vec<Violation>) {
    run_and_check_mix(stores, calls, Mix::Plain).await
}

async fn run_and_check_mix<S: Store>(stores: [S; 2], calls: u32, mix: Mix) -> (Run, Vec<Violation>) {
    let run = run(stores, Workload { calls, mix, ..WORKLOAD }).await;
    let violations = check(&run.history);
    (run, violations)
}

fn assert_none(run: &Run, violations: &[Violation]) {
    let excerpts: Vec<_> = violations.iter().take(3).map(|violation| violation.excerpt(&run.history)).collect();
    assert!(violations.is_empty(), "{} violations, of which the first are:\n{}", violations.len(), excerpts.join("\n"));
}

fn assert_found(kind: Kind, violations: &[Violation]) {
    assert!(violations.iter().any(|violation| violation.kind == kind), "found no {kind}");
}
