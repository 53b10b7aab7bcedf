//! Gets on a table of 1,000,000 sessions, compared with gets on the smaller one.

use std::sync::Arc;

use serde::Serialize;

use crate::error::BoxError;
use crate::load::{fill, measure};
use crate::outcome::{Outcome, median};
use crate::plan::Plan;
use crate::servers::Servers;
use crate::store::Store;
use crate::targets::PgSession;
use crate::task::{Operation, Task};

const SESSIONS: usize = 1_000_000;
const CALLERS: usize = 256;

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct MillionSessions {
    pub(crate) smaller: Outcome,
    pub(crate) million: Outcome,
}

/// Alternates between the two tables.
pub(crate) async fn compare(servers: &Servers, plan: &Plan) -> Result<MillionSessions, BoxError> {
    let smaller: Arc<dyn Store> = Arc::new(PgSession::new(&servers.url(), "session").await?);
    let million: Arc<dyn Store> = Arc::new(PgSession::new(&servers.url(), "million").await?);
    fill(&million, SESSIONS).await?;
    servers.vacuum().await?;
    let (mut of_smaller, mut of_million) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        let task = |sessions| Task { operation: Operation::Get, callers: CALLERS, sessions, seconds: plan.seconds };
        of_smaller.push(measure(&smaller, task(plan.sessions)).await?);
        of_million.push(measure(&million, task(SESSIONS)).await?);
    }
    Ok(MillionSessions { smaller: median(&of_smaller), million: median(&of_million) })
}
