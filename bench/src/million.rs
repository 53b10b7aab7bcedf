//! Gets on a table of 1,000,000 sessions, beside gets on the usual one.

use std::sync::Arc;

use serde::Serialize;

use crate::load::{Store, fill, measure};
use crate::plan::Plan;
use crate::report::median;
use crate::servers::Servers;
use crate::sides::Ours;
use crate::task::{Failure, Operation, Outcome, Task};

const SESSIONS: usize = 1_000_000;
const CALLERS: usize = 256;

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Million {
    pub(crate) usual: Outcome,
    pub(crate) million: Outcome,
}

pub(crate) async fn compare(servers: &Servers, plan: &Plan) -> Result<Million, Failure> {
    let usual: Arc<dyn Store> = Arc::new(Ours::new(&servers.url(), "session").await?);
    let million: Arc<dyn Store> = Arc::new(Ours::new(&servers.url(), "million").await?);
    fill(&million, SESSIONS).await?;
    servers.vacuum().await?;
    let (mut of_usual, mut of_million) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        let task = |sessions| Task { operation: Operation::Get, callers: CALLERS, sessions, seconds: plan.seconds };
        of_usual.push(measure(&usual, task(plan.sessions)).await?);
        of_million.push(measure(&million, task(SESSIONS)).await?);
    }
    Ok(Million { usual: median(&of_usual), million: median(&of_million) })
}
