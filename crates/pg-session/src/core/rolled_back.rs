//! Sends statements again that PostgreSQL rolled back: a deadlock, or a conflict that it does not resolve itself, such as a row
//! that moved to another partition.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::timers::pause_until;
use crate::backend::{Backend, Command, Rejected, Reply, Statement};
use crate::error::Result;

/// The most times that one statement is sent again.
const MOST: u32 = 10;

/// The longest pause before the first time. It doubles with each, and is random: those who conflicted must not meet again.
const PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Sends the statement again until it is not rolled back, within the time limit of the call.
pub(super) async fn submit_again(
    backend: &Backend,
    statement: &Arc<Statement>,
    mut outcome: Result<Reply, Rejected>,
    deadline: Instant,
) -> Result<Reply, Rejected> {
    let mut longest = PAUSE;
    for _ in 0..MOST {
        let Err(rejected) = &mut outcome else { break };
        let resume_at = Instant::now() + longest.mul_f64(fastrand::f64());
        let again = rejected.again.take_if(|_| rejected.error.is_rolled_back() && resume_at < deadline);
        let Some(params) = again else { break };
        pause_until(resume_at).await;
        longest = (2 * longest).min(LONGEST_PAUSE);
        let command = Command { statement: Arc::clone(statement), params: *params };
        outcome = backend.submit(command, deadline).await;
    }
    // Only what no longer fits the table is kept for those who introspect it.
    outcome.map_err(|rejected| if rejected.error.is_rolled_back() { rejected.error.into() } else { rejected })
}
