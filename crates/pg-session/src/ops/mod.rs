//! The verbs: one file each. A verb checks its input, makes a command, and reads the reply.

mod all;
mod clear;
mod count;
mod create;
mod destroy;
mod destroy_sessions_of;
mod get;
mod renew;
mod rotate;
mod sessions_of;
mod set;
mod setup;
mod sweep;
mod take;
mod touch;
mod update;

use std::sync::Arc;

use crate::backend::{Params, Rejected, Reply, Statement};
use crate::core::Core;
use crate::error::Result;
use crate::table::Statements;

pub(crate) use all::all;
pub(crate) use clear::clear;
pub(crate) use count::count;
pub use create::Created;
pub(crate) use create::create;
pub(crate) use destroy::destroy;
pub(crate) use destroy_sessions_of::destroy_sessions_of;
pub(crate) use get::get;
pub use renew::Renewal;
pub(crate) use renew::renew;
pub use rotate::Rotated;
pub(crate) use rotate::rotate;
pub(crate) use sessions_of::sessions_of;
pub(crate) use set::set;
pub(crate) use setup::{SetupState, setup};
pub(crate) use sweep::sweep;
pub(crate) use take::take;
pub(crate) use touch::touch;
pub use update::Updated;
pub(crate) use update::{Turns, update};

/// How many sessions a statement for all of them takes at once: some milliseconds of work.
const PAGE: i64 = 1_000;

/// How often a call looks at the table again, where that changes all the time.
const LOOKS: usize = 2;

/// Runs a statement of the table, once that is set up. Where the table has changed since, looks again and sends the
/// statement that fits now: PostgreSQL refused the other one, so that it had no effect.
async fn run(core: &Core, pick: fn(&Statements) -> &Arc<Statement>, params: Params) -> Result<Reply> {
    let statements = setup::ready(core).await?;
    match core.submit(pick(&statements), params).await {
        Ok(reply) => Ok(reply),
        // Boxed, because it is rare and would otherwise enlarge every call's future.
        Err(rejected) => Box::pin(run_again(core, pick, statements, rejected)).await,
    }
}

async fn run_again(
    core: &Core,
    pick: fn(&Statements) -> &Arc<Statement>,
    mut outdated: Arc<Statements>,
    mut rejected: Rejected,
) -> Result<Reply> {
    for _ in 0..LOOKS {
        let Some(params) = rejected.again.take() else { break };
        core.drop_statements(&outdated);
        let found = setup::ready(core).await;
        outdated = found.map_err(|error| error.because_of(&rejected.error))?;
        match core.submit(pick(&outdated), *params).await {
            Ok(reply) => return Ok(reply),
            Err(again) => rejected = again,
        }
    }
    Err(rejected.error)
}
