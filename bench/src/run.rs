//! A whole run: servers, sessions, rounds, and what is measured besides.

use std::sync::Arc;

use crate::load::{Store, fill};
use crate::plan::Plan;
use crate::processor::Processor;
use crate::report::{Machine, Report};
use crate::servers::Servers;
use crate::sides::{Ours, Side};
use crate::task::{Failure, Operation, Task};
use crate::{memory, million, sides, wal};

pub(crate) async fn run(plan: Plan) -> Result<(), Failure> {
    eprintln!("starting PostgreSQL and Redis");
    let servers = Servers::start().await?;
    let mut report = Report::new(Machine::look(&servers).await?);
    rounds(&plan, &servers, &mut report).await?;
    if plan.wants("extra/wal") {
        eprintln!("touching every session once, for HOT updates and WAL");
        report.wal = wal::measure(&servers, plan.sessions).await?;
    }
    if plan.wants("extra/memory") {
        eprintln!("looking at memory for {} s", plan.memory.as_secs());
        report.memory = memory::measure(&servers, plan.sessions, plan.memory).await?;
    }
    if plan.million && plan.wants("extra/million") {
        eprintln!("filling in 1000000 sessions: pg-session");
        report.million = Some(million::compare(&servers, &plan).await?);
    }
    Ok(report.write(&plan)?)
}

/// All rounds of all sides, which end with it.
async fn rounds(plan: &Plan, servers: &Servers, report: &mut Report) -> Result<(), Failure> {
    let ours: Arc<dyn Store> = Arc::new(Ours::new(&servers.url(), "session").await?);
    let mut sides = sides::start(servers, |side| plan.wants(side)).await?;
    if !sides.iter().any(|side| side.label() == sides::OURS_IN_RUST) {
        // Others read our table.
        fill(&ours, plan.sessions).await?;
    }
    for side in &mut sides {
        eprintln!("filling in {} sessions: {}", plan.sessions, side.label());
        side.fill(plan.sessions).await?;
    }
    servers.vacuum().await?;
    for round in 1..=plan.rounds {
        measure(plan, round, &mut sides, report).await?;
    }
    Ok(())
}

/// One round: every cell, and in it every side in turn.
async fn measure(plan: &Plan, round: usize, sides: &mut [Box<dyn Side>], report: &mut Report) -> Result<(), Failure> {
    for &operation in &plan.operations {
        for &callers in &plan.callers {
            let task = Task { operation, callers, sessions: plan.sessions, seconds: plan.seconds };
            for side in sides.iter_mut().filter(|side| side.does(operation, callers)) {
                let label = side.label();
                let before = Processor::look();
                let outcome =
                    side.measure(task).await.map_err(|error| failed(&error, &label.to_string(), operation))?;
                let used = before.and_then(|before| Some(Processor::look()?.since(before)));
                let outcome = outcome.with(used);
                let (name, per_second) = (operation.name(), outcome.per_second);
                eprintln!(
                    "round {round} of {}: {name}, {callers} callers, {label}: {per_second:.0} a second",
                    plan.rounds
                );
                report.add(label, operation, callers, outcome);
            }
        }
    }
    Ok(())
}

fn failed(error: &Failure, side: &str, operation: Operation) -> Failure {
    format!("{side}, {}: {error}", operation.name()).into()
}
