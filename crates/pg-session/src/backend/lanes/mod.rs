//! Connections of the store's own: a few lanes, which send what waits for them in batches, one kind of calls at a time.

mod batch;
mod call;
mod connect;
mod connection;
mod conninfo;
mod lent;
mod param;
mod pool;
mod queue;
mod route;
mod row;
mod speaker;
mod tls;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::{Command, Reply};
use crate::error::Result;
use conninfo::ConnInfo;
use pool::Pool;
use route::Route;

/// What can be set of the lanes.
#[derive(Clone, Debug)]
pub(crate) struct LaneOptions {
    pub(crate) connections: usize,
    pub(crate) max_waiting: usize,
    pub(crate) prepare: bool,
    /// The longest that one call may take.
    pub(crate) timeout: Duration,
}

pub(crate) struct Lanes(Arc<Pool>);

impl Lanes {
    pub(super) fn new(connection: &str, options: &LaneOptions) -> Result<Self> {
        let route = Route {
            info: ConnInfo::parse(connection)?,
            timeout: options.timeout,
            patience: options.timeout / 2,
            settings: settings(options.timeout),
            prepare: AtomicBool::new(options.prepare),
        };
        Ok(Self(Arc::new(Pool::new(route, options.connections, options.max_waiting))))
    }

    pub(super) async fn submit(&self, command: Command) -> Result<Reply> {
        self.0.submit(command)?.await
    }

    pub(super) async fn close(&self) {
        self.0.hang_up();
        self.0.close().await;
    }
}

/// A statement looks each id up in the index, in the order given, whatever the planner takes the table's size to be: no
/// plan is a bad one while the table grows, and rows are locked in one order by all.
fn settings(timeout: Duration) -> String {
    let planner = "-c plan_cache_mode=force_generic_plan -c jit=off \
                   -c enable_seqscan=off -c enable_bitmapscan=off -c enable_hashjoin=off -c enable_mergejoin=off";
    // What nobody waits for any more ends soon after, and the lane is free again.
    let limit = (timeout + timeout / 10).as_millis().clamp(1, 2_000_000_000);
    format!("{planner} -c statement_timeout={limit}")
}

/// Also without a `close()`, the tasks end.
impl Drop for Lanes {
    fn drop(&mut self) {
        self.0.hang_up();
    }
}
