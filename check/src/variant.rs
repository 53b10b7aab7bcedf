//! The workloads: the calls, and the disturbance during them.

use std::fmt;
use std::time::Duration;

use clap::ValueEnum;
use pg_session::PgStore;
use pg_session_check::{Alterer, FITTING, Failure, Killer, MAX_AGE, Mix, Ours, Run, Store, Workload, run};
use pg_session_testkit::{Fault, Faults, Proxy};
use serde::Serialize;

/// One in this many answers of a server that misbehaves has a fault.
const ONE_IN: u32 = 200;

/// The `timeout` of the store that meets faults: how long it waits for an answer that is lost.
const TIMEOUT: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Variant {
    /// Sessions that are set, created, destroyed and rotated, and that expire.
    Plain,
    /// The same, and connections are killed.
    Killed,
    /// Sessions that are in use for longer than their time to live.
    Aged,
    /// Sessions that get new ids until they are as old as `max_age` allows.
    Renewals,
    /// As plain, and the table is altered all the time.
    Altered,
    /// As plain, and one store reaches the server by way of a proxy that misbehaves.
    Misbehaving,
}

/// The disturbances during a run.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Disturbed {
    /// How many connections were killed; none where none should be.
    pub(crate) killed: Option<u64>,
    /// How often the table was altered.
    pub(crate) altered: Option<u64>,
    /// How many answers had a fault.
    pub(crate) faults: Option<u64>,
}

impl Variant {
    pub(crate) const ALL: [Self; 6] =
        [Self::Plain, Self::Killed, Self::Aged, Self::Renewals, Self::Altered, Self::Misbehaving];

    /// Whether calls may fail.
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

    /// Makes the calls to two stores of ours.
    pub(crate) async fn run_ours(self, url: &str, workload: Workload) -> Result<(Run, Disturbed), Failure> {
        match self {
            Self::Renewals => {
                let store = async || Ours::build(PgStore::builder(url).max_age(MAX_AGE)).await;
                self.run([store().await?, store().await?], url, workload).await
            }
            Self::Misbehaving => {
                let proxy = Proxy::start(url).await?;
                let stores =
                    [Ours::build(PgStore::builder(proxy.url()).timeout(TIMEOUT)).await?, Ours::new(url).await?];
                proxy.misbehave(Faults::at_random(&Fault::DETECTABLE, ONE_IN, workload.seed));
                let run = run(stores, workload).await;
                Ok((run, Disturbed { faults: Some(proxy.struck()), ..Disturbed::default() }))
            }
            _ => self.run([Ours::new(url).await?, Ours::new(url).await?], url, workload).await,
        }
    }

    /// Makes the calls to any two stores, with the disturbance.
    pub(crate) async fn run<S: Store>(
        self,
        stores: [S; 2],
        url: &str,
        workload: Workload,
    ) -> Result<(Run, Disturbed), Failure> {
        match self {
            Self::Killed => {
                let killer = Killer::start(url).await?;
                let run = run(stores, workload).await;
                Ok((run, Disturbed { killed: Some(killer.stop().await?), ..Disturbed::default() }))
            }
            Self::Altered => {
                let alterer = Alterer::start(url, FITTING).await?;
                let run = run(stores, workload).await;
                Ok((run, Disturbed { altered: Some(alterer.stop().await?), ..Disturbed::default() }))
            }
            _ => Ok((run(stores, workload).await, Disturbed::default())),
        }
    }
}

/// What the workload adds to the name of a side.
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
