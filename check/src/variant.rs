//! The variants of the workload: which calls are made, and what disturbs them.

use std::fmt;
use std::time::Duration;

use clap::ValueEnum;
use pg_session::PgStore;
use pg_session_check::{
    BoxError, Disturbance, FITTING_ALTERATIONS, MAX_AGE, Mix, PgSession, Run, Store, Workload, run,
};
use pg_session_testkit::{Fault, Faults, Proxy};
use serde::Serialize;

/// A misbehaving server injects a fault into one of this many messages.
const ONE_IN: u32 = 200;

/// The `timeout` of the store behind the misbehaving server, which limits its wait for a lost message.
const TIMEOUT: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Variant {
    /// Sessions that are set, created, destroyed and rotated, and sessions that expire.
    Plain,
    /// Like `plain`, while connections are killed.
    Killed,
    /// Sessions that stay in use for longer than their time to live.
    Aged,
    /// Sessions whose ids are renewed until they reach `max_age`.
    Renewals,
    /// Like `plain`, while the table is altered.
    Altered,
    /// Like `plain`, while one store reaches the server through a misbehaving proxy.
    Misbehaving,
}

/// How often each disturbance happened, or `None` if the variant does not have it.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Disturbances {
    /// Killed connections.
    pub(crate) killed: Option<u64>,
    /// Alterations of the table.
    pub(crate) altered: Option<u64>,
    /// Faults injected into the server's messages.
    pub(crate) faults: Option<u64>,
}

impl Variant {
    pub(crate) const ALL: [Self; 6] =
        [Self::Plain, Self::Killed, Self::Aged, Self::Renewals, Self::Altered, Self::Misbehaving];

    /// Returns whether failed calls are expected.
    pub(crate) fn may_fail(self) -> bool {
        matches!(self, Self::Killed | Self::Misbehaving)
    }

    pub(crate) fn workload(self, calls: u32, time: Duration, seed: u64) -> Workload {
        let mix = match self {
            Self::Aged => Mix::Aged,
            Self::Renewals => Mix::Renewals,
            Self::Plain | Self::Killed | Self::Altered | Self::Misbehaving => Mix::Plain,
        };
        Workload { calls, time, seed, mix }
    }

    /// Makes the calls to two stores of pg-session.
    pub(crate) async fn run_pg_session(self, url: &str, workload: Workload) -> Result<(Run, Disturbances), BoxError> {
        match self {
            Self::Renewals => {
                let store = async || PgSession::build(PgStore::builder(url).max_age(MAX_AGE)).await;
                self.run([store().await?, store().await?], url, workload).await
            }
            Self::Misbehaving => {
                let proxy = Proxy::start(url).await?;
                let behind_proxy = PgSession::build(PgStore::builder(proxy.url()).timeout(TIMEOUT)).await?;
                let stores = [behind_proxy, PgSession::new(url).await?];
                proxy.misbehave(Faults::at_random(&Fault::DETECTABLE, ONE_IN, workload.seed));
                let run = run(stores, workload).await;
                Ok((run, Disturbances { faults: Some(proxy.struck()), ..Disturbances::default() }))
            }
            _ => self.run([PgSession::new(url).await?, PgSession::new(url).await?], url, workload).await,
        }
    }

    /// Makes the calls to any two stores, with the disturbance.
    pub(crate) async fn run<S: Store>(
        self,
        stores: [S; 2],
        url: &str,
        workload: Workload,
    ) -> Result<(Run, Disturbances), BoxError> {
        match self {
            Self::Killed => {
                let kills = Disturbance::kill_connections(url).await?;
                let run = run(stores, workload).await;
                Ok((run, Disturbances { killed: Some(kills.stop().await?), ..Disturbances::default() }))
            }
            Self::Altered => {
                let alterations = Disturbance::alter_table(url, FITTING_ALTERATIONS).await?;
                let run = run(stores, workload).await;
                Ok((run, Disturbances { altered: Some(alterations.stop().await?), ..Disturbances::default() }))
            }
            _ => Ok((run(stores, workload).await, Disturbances::default())),
        }
    }
}

/// The suffix that the workload adds to the name of a target.
impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "",
            Self::Killed => ", connections killed",
            Self::Aged => ", aged sessions",
            Self::Renewals => ", renewals with max_age",
            Self::Altered => ", table altered",
            Self::Misbehaving => ", server misbehaves",
        })
    }
}
