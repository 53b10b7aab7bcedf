//! Connections of the store's own: a few, opened when they are needed, and again when they were lost.

mod connect;
mod conninfo;
mod lane;
mod tls;

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;

use super::{Backend, BoxFuture, Command, Reply};
use crate::error::Result;
use conninfo::ConnInfo;
use lane::Lane;

const LANES: usize = 4;

pub(super) struct Lanes(Vec<Lane>);

impl Lanes {
    pub(super) fn new(connection: &str) -> Result<Self> {
        let info = Arc::new(ConnInfo::parse(connection)?);
        Ok(Self((0..LANES).map(|_| Lane::new(Arc::clone(&info))).collect()))
    }

    /// Commands on one id share a lane, and so keep the order in which they came.
    fn lane(&self, command: &Command) -> &Lane {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(command.params.first());
        &self.0[hash as usize % self.0.len()]
    }
}

impl Backend for Lanes {
    fn submit(&self, command: Command) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move { self.lane(&command).run(&command).await })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            for lane in &self.0 {
                lane.close().await;
            }
        })
    }
}
