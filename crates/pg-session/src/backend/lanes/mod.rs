//! Connections of the store's own: a few lanes, which send what waits for them in batches, one kind of calls at a time.

mod answer;
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
mod settings;
mod speaker;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use super::{Command, Rejected, Reply};
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
    /// The longest message of the server, in bytes.
    pub(crate) max_message: usize,
}

pub(crate) struct Lanes(Arc<Pool>);

impl Lanes {
    pub(super) fn new(connection: &str, options: &LaneOptions) -> Result<Self> {
        let route = Route::new(ConnInfo::parse(connection)?, options);
        Ok(Self(Arc::new(Pool::new(route, options.connections, options.max_waiting))))
    }

    pub(super) async fn submit(&self, command: Command) -> Result<Reply, Rejected> {
        let mut answer = self.0.submit(command)?;
        let reply = (&mut answer).await;
        reply.map_err(|error| Rejected::of(error, || answer.command().params.clone()))
    }

    pub(super) async fn close(&self) {
        self.0.hang_up();
        self.0.close().await;
    }
}

/// Also without a `close()`, the tasks end.
impl Drop for Lanes {
    fn drop(&mut self) {
        self.0.hang_up();
    }
}
