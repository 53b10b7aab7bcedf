//! A whole run: starts the servers, fills the targets, measures them in rounds, then takes the extra measurements.

use std::sync::Arc;

use pg_session_testkit::error_chain;

use crate::cpu::CpuTime;
use crate::error::BoxError;
use crate::load::fill;
use crate::plan::Plan;
use crate::report::{Machine, Results, write};
use crate::servers::Servers;
use crate::store::Store;
use crate::target::{PG_SESSION_IN_RUST, Target};
use crate::targets::{self, PgSession};
use crate::task::Task;
use crate::{memory, merge, million_sessions, wal};

pub(crate) async fn run(plan: Plan) -> Result<(), BoxError> {
    eprintln!("starting PostgreSQL and Redis");
    let servers = Servers::start().await?;
    let machine = Machine::inspect(&servers).await?;
    let mut results = Results::default();
    run_rounds(&plan, &servers, &mut results).await?;
    if plan.wants("extra/wal") {
        eprintln!("touching every session once to count HOT updates and WAL");
        results.wal = wal::measure(&servers, plan.sessions).await?;
    }
    if plan.wants("extra/merge") {
        eprintln!("measuring merges");
        results.merges = merge::measure(&servers).await?;
    }
    if plan.wants("extra/memory") {
        eprintln!("measuring memory for {} s", plan.memory.as_secs());
        results.memory = memory::measure(&servers, plan.sessions, plan.memory).await?;
    }
    if plan.million_sessions && plan.wants("extra/million") {
        eprintln!("inserting 1000000 sessions: pg-session");
        results.million_sessions = Some(million_sessions::compare(&servers, &plan).await?);
    }
    Ok(write(&results, &machine, &plan)?)
}

/// Runs all rounds. The targets stop when it returns.
async fn run_rounds(plan: &Plan, servers: &Servers, results: &mut Results) -> Result<(), BoxError> {
    let pg_session: Arc<dyn Store> = Arc::new(PgSession::new(&servers.url(), "session").await?);
    let mut targets = targets::start(servers, |target| plan.wants(target)).await?;
    if !targets.iter().any(|target| target.label() == PG_SESSION_IN_RUST) {
        // Other targets read pg-session's table.
        fill(&pg_session, plan.sessions).await?;
    }
    for target in &mut targets {
        eprintln!("inserting {} sessions: {}", plan.sessions, target.label());
        target.fill(plan.sessions).await?;
    }
    servers.vacuum().await?;
    for round in 1..=plan.rounds {
        run_round(plan, round, &mut targets, results).await?;
    }
    Ok(())
}

/// Measures each target in turn, for every operation and number of callers.
async fn run_round(
    plan: &Plan,
    round: usize,
    targets: &mut [Box<dyn Target>],
    results: &mut Results,
) -> Result<(), BoxError> {
    for &operation in &plan.operations {
        for &callers in &plan.callers {
            let task = Task { operation, callers, sessions: plan.sessions, seconds: plan.seconds };
            for target in targets.iter_mut().filter(|target| target.supports(operation, callers)) {
                let (label, name, rounds) = (target.label(), operation.name(), plan.rounds);
                let before = CpuTime::sample();
                let outcome = target.measure(task).await;
                let outcome = outcome.map_err(|error| format!("{label}, {name}: {}", error_chain(&*error)))?;
                let usage = before.and_then(|before| Some(CpuTime::sample()?.since(before)));
                let outcome = outcome.with_cpu_usage(usage);
                let rate = outcome.per_second;
                eprintln!("round {round} of {rounds}: {name}, {callers} callers, {label}: {rate:.0} calls/s");
                results.add(label, operation, callers, outcome);
            }
        }
    }
    Ok(())
}
