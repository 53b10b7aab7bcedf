//! The store's own connections: lanes that send the waiting calls in batches, pipelined.

mod backoff;
mod batch;
mod call;
mod connection;
mod dialer;
mod exchange;
mod handle;
#[cfg(test)]
mod interleavings;
mod lane;
mod queue;
mod shared;
mod wire;

use std::sync::Arc;

use super::budget::KeyedBudget;
use super::command::{Command, Rejected, Reply};
use super::connect::settings::Settings;
use super::connect::{ConnInfo, Environment, of_process};
use super::options::BackendOptions;
use crate::error::Result;
use dialer::{Dial, Dialer};
use handle::LaneHandle;
use lane::Lane;
use shared::{MissingTasks, Shared};

pub(crate) struct Lanes {
    shared: Arc<Shared>,
}

impl Lanes {
    pub(super) fn new(connection_string: &str, options: &BackendOptions) -> Result<Self> {
        let mut info = ConnInfo::parse(connection_string, Environment::new(&of_process))?;
        info.password.clone_from(&options.password);
        let options = BackendOptions { prepare: options.prepare && !info.behind_pooler, ..options.clone() };
        let info = Arc::new(info);
        let settings = Settings::new(options.timeout, info.options());
        let dial: Box<Dial> = Box::new(move |options| {
            let info = Arc::clone(&info);
            Box::pin(async move { info.connect(&options).await })
        });
        Ok(Self::dialing(dial, settings, &options))
    }

    fn dialing(dial: Box<Dial>, settings: Settings, options: &BackendOptions) -> Self {
        let shared = Shared::new(Dialer::new(dial, settings, options), options);
        Self { shared: Arc::new(shared) }
    }

    pub(super) async fn submit(&self, command: Command) -> Result<Reply, Rejected> {
        let (mut answer, missing) = self.shared.submit(command)?;
        missing.into_iter().for_each(|missing| self.spawn(missing));
        let reply = (&mut answer).await;
        reply.map_err(|error| Rejected::of(error, || answer.command().params.clone()))
    }

    fn spawn(&self, missing: MissingTasks) {
        for lane in &missing.lanes {
            let handle = LaneHandle::new(Arc::clone(&self.shared), *lane);
            self.shared.tasks.spawn_on(Lane::run(handle), &missing.runtime);
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
    }
}
