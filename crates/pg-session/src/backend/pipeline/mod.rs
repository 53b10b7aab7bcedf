//! The store's own connections: lanes that send the waiting calls in batches, pipelined.

mod backoff;
mod batch;
mod call;
mod clock;
mod connection;
mod dialer;
mod driver;
mod exchange;
mod handle;
#[cfg(test)]
mod interleavings;
mod lane;
mod outage;
mod queue;
mod rescue;
mod shared;
mod watch;
mod wire;

use std::sync::Arc;

use tokio::time::Instant;

use super::budget::KeyedBudget;
use super::command::{Command, Rejected, Reply};
use super::connect::settings::Settings;
use super::connect::{ConnInfo, Environment, of_process};
use super::options::BackendOptions;
use crate::error::Result;
use dialer::{Dial, Dialer};
use driver::Slot;
use handle::LaneHandle;
use lane::Lane;
use shared::{MissingTasks, Shared};
use watch::Watch;

pub(crate) struct Lanes {
    shared: Arc<Shared>,
    watch: Arc<Watch>,
}

impl Lanes {
    pub(super) fn new(connection_string: &str, options: &BackendOptions) -> Result<Self> {
        let mut info = ConnInfo::parse(connection_string, Environment::new(&of_process))?;
        info.password.clone_from(&options.password);
        info.suit_calls_of(options.timeout);
        let options = BackendOptions { prepare: options.prepare && !info.behind_pooler, ..options.clone() };
        let info = Arc::new(info);
        let settings = Settings::new(options.timeout, info.options());
        let has_other_hosts = info.has_several_hosts();
        let dial: Box<Dial> = Box::new(move |options| {
            let info = Arc::clone(&info);
            Box::pin(async move { info.connect(&options).await })
        });
        Ok(Self::dialing(Dialer::new(dial, settings, has_other_hosts, &options), &options, Watch::new(true)))
    }

    fn dialing(dialer: Dialer, options: &BackendOptions, watch: Watch) -> Self {
        Self { shared: Arc::new(Shared::new(dialer, options)), watch: Arc::new(watch) }
    }

    /// Adds the command to the queue. The future is its reply.
    pub(super) fn submit(
        &self,
        command: Command,
        deadline: Instant,
    ) -> impl Future<Output = Result<Reply, Rejected>> + use<> {
        let submitted = self.shared.submit(command, deadline).map(|(answer, missing)| {
            missing.into_iter().for_each(|missing| self.spawn(missing));
            self.watch.wake(&self.shared);
            answer
        });
        async move {
            let mut answer = submitted?;
            let reply = (&mut answer).await;
            reply.map_err(|error| Rejected::of(error, || answer.command().params.clone()))
        }
    }

    fn spawn(&self, missing: MissingTasks) {
        for lane in &missing.lanes {
            let handle = LaneHandle::new(Arc::clone(&self.shared), *lane);
            self.watch.add(&Slot::spawn(Lane::run(handle), &missing.runtime, &self.shared.tasks));
        }
    }

    pub(super) fn budget(&self) -> &KeyedBudget {
        &self.shared.budget
    }

    pub(super) async fn close(&self) {
        self.shared.shut_down();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

/// The tasks end without `close()`, too.
impl Drop for Lanes {
    fn drop(&mut self) {
        self.shared.shut_down();
        self.watch.end();
    }
}
