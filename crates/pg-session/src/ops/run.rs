//! Runs a statement of the table.

use std::sync::Arc;

use tokio::time::Instant;

use super::setup;
use crate::backend::{Params, Rejected, Reply, Statement, Value};
use crate::core::Core;
use crate::error::{Error, ErrorKind, Result};
use crate::session::is_storable_id;
use crate::table::Statements;

/// Chooses a statement.
pub(super) type Pick = fn(&Statements) -> &Arc<Statement>;

/// The most sessions that one statement of `all` and `clear` handles: some milliseconds of work.
pub(super) const PAGE: i64 = 1_000;

/// How often one call introspects the table again, in case it keeps changing.
pub(super) const LOOKS: usize = 2;

/// Runs a statement after setting up the table if necessary. If the table has changed since, introspects it again and
/// sends the statement that fits now. PostgreSQL refused the outdated one, so it had no effect.
pub(super) async fn run(core: &Core, pick: Pick, params: Params) -> Result<Reply> {
    run_until(core.deadline(), core, pick, params).await
}

/// Runs one of several statements of an operation, which share a deadline.
pub(super) async fn run_until(deadline: Instant, core: &Core, pick: Pick, params: Params) -> Result<Reply> {
    let statements = match core.statements() {
        Some(statements) => statements,
        // Boxed like the other rare case.
        None => Box::pin(wait_for_setup(deadline, core, &params)).await?,
    };
    match core.submit(pick(&statements), params, deadline).await {
        Ok(reply) => Ok(reply),
        // Boxed: it is rare, and would enlarge every call's future.
        Err(rejected) => Box::pin(run_again(deadline, core, pick, statements, rejected)).await,
    }
}

/// Waits for the setup. Meanwhile the parameters count as waiting.
async fn wait_for_setup(deadline: Instant, core: &Core, params: &Params) -> Result<Arc<Statements>> {
    let key = params.first().and_then(Value::text).unwrap_or_default();
    let _waiting = core.hold(key, params.iter().map(Value::size).sum())?;
    setup::ready(core, deadline).await
}

/// The database's encoding lacks a character of the id (SQLSTATE).
const NOT_IN_ENCODING: [&str; 2] = ["22021", "22P05"];

/// Like [`run`], for a statement whose only text is the id of an existing session. For an id that no session can have, such as
/// one of a forged cookie, returns an empty reply. That, too, sets up the table first: a call that succeeds has found it.
pub(super) async fn run_on_existing(core: &Core, id: &str, pick: Pick, params: Params) -> Result<Reply> {
    run_on_existing_until(core.deadline(), core, id, pick, params).await
}

/// Like [`run_on_existing`], for one of several statements of an operation.
pub(super) async fn run_on_existing_until(
    deadline: Instant,
    core: &Core,
    id: &str,
    pick: Pick,
    params: Params,
) -> Result<Reply> {
    if !is_storable_id(id) {
        setup::ready(core, deadline).await?;
        return Ok(Reply::default());
    }
    match run_until(deadline, core, pick, params).await {
        Err(error) if error.sqlstate().is_some_and(|state| NOT_IN_ENCODING.contains(&state)) => Ok(Reply::default()),
        done => done,
    }
}

async fn run_again(
    deadline: Instant,
    core: &Core,
    pick: Pick,
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
    Err(explain(deadline, core, &outdated, rejected.error).await)
}

/// Returns a better error for a refusal that a table which does not fit may cause: asks the catalogue whether the table fits.
pub(super) async fn explain(deadline: Instant, core: &Core, statements: &Arc<Statements>, refusal: Error) -> Error {
    if refusal.kind() != ErrorKind::Setup {
        return refusal;
    }
    core.drop_statements(statements);
    match setup::ready(core, deadline).await {
        Ok(_) => refusal.raised_on(&core.options.table.quoted()),
        Err(error) if error.kind() == ErrorKind::Setup => error.because_of(&refusal),
        Err(_) => refusal,
    }
}
