//! Connections of the store's own: a few lanes, which send what waits for them in batches, one kind of calls at a time.

mod answer;
mod batch;
mod call;
mod connection;
mod param;
mod pool;
mod queue;
mod route;
mod row;
mod speaker;

use std::sync::Arc;

use super::BackendOptions;
use super::command::{Command, Rejected, Reply};
use super::connect::ConnInfo;
use crate::error::Result;
use pool::Pool;
use route::Route;

pub(crate) struct Lanes(Arc<Pool>);

impl Lanes {
    pub(super) fn new(connection: &str, options: &BackendOptions) -> Result<Self> {
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
