//! Runs a statement of the table.

use std::sync::Arc;

use tokio::time::Instant;

use super::setup;
use crate::backend::{Params, Rejected, Reply, Statement};
use crate::core::Core;
use crate::error::Result;
use crate::table::Statements;

/// The most sessions that one statement of `all` and `clear` handles: some milliseconds of work.
pub(super) const PAGE: i64 = 1_000;

/// How often one call introspects the table again, in case it keeps changing.
pub(super) const LOOKS: usize = 2;

/// Runs a statement after setting up the table if necessary. If the table has changed since, introspects it again and
/// sends the statement that fits now. PostgreSQL refused the outdated one, so it had no effect.
pub(super) async fn run(core: &Core, pick: fn(&Statements) -> &Arc<Statement>, params: Params) -> Result<Reply> {
    run_until(core.deadline(), core, pick, params).await
}

/// Runs one of several statements of an operation, which share a deadline.
pub(super) async fn run_until(
    deadline: Instant,
    core: &Core,
    pick: fn(&Statements) -> &Arc<Statement>,
    params: Params,
) -> Result<Reply> {
    let statements = setup::ready(core, deadline).await?;
    match core.submit(pick(&statements), params, deadline).await {
        Ok(reply) => Ok(reply),
        // Boxed: it is rare, and would enlarge every call's future.
        Err(rejected) => Box::pin(run_again(deadline, core, pick, statements, rejected)).await,
    }
}

async fn run_again(
    deadline: Instant,
    core: &Core,
    pick: fn(&Statements) -> &Arc<Statement>,
    mut outdated: Arc<Statements>,
    mut rejected: Rejected,
) -> Result<Reply> {
    for _ in 0..LOOKS {
        let Some(params) = rejected.again.take() else { break };
        core.drop_statements(&outdated);
        let found = setup::ready(core, deadline).await;
        outdated = found.map_err(|error| error.because_of(&rejected.error))?;
        match core.submit(pick(&outdated), *params, deadline).await {
            Ok(reply) => return Ok(reply),
            Err(again) => rejected = again,
        }
    }
    Err(rejected.error)
}
