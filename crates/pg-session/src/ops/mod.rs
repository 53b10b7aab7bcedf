//! The verbs: one file each. A verb checks its input, makes a command, and reads the reply.

mod create;
mod destroy;
mod get;
mod set;
mod setup;
mod sweep;
mod touch;

use std::sync::Arc;

use crate::backend::{Params, Reply, Statement};
use crate::core::Core;
use crate::error::Result;
use crate::table::Statements;

pub use create::Created;
pub(crate) use create::create;
pub(crate) use destroy::destroy;
pub(crate) use get::get;
pub(crate) use set::set;
pub(crate) use setup::{SetupState, setup};
pub(crate) use sweep::sweep;
pub(crate) use touch::touch;

/// Runs a statement of the table, once that is set up.
async fn run(core: &Core, pick: fn(&Statements) -> &Arc<Statement>, params: Params) -> Result<Reply> {
    let statements = setup::ready(core).await?;
    core.submit(pick(&statements), params).await
}
