//! The outages: what begins one, and what ends it.

use std::fmt;
use std::time::Duration;

use crate::error::BoxError;
use clap::ValueEnum;
use pg_session_testkit::PgBouncer;
use tokio::task::block_in_place;

use crate::load::{LOCKED, id};
use crate::site::{ROLE, Servers, Site};

/// A silent network is silent for longer than the store's `timeout`.
const SILENCE: Duration = Duration::from_secs(8);

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Scenario {
    /// The server shuts down, and starts again.
    Restart,
    /// The server crashes, and starts again.
    Crash,
    /// The primary shuts down, and the standby takes over. The store knows both hosts.
    Failover,
    /// Like `failover`, but the primary's machine disappears without a word.
    VanishedPrimary,
    /// The only machine disappears without a word, and comes back.
    VanishedServer,
    /// A firewall forgets the open connections.
    Firewall,
    /// The server accepts no writes for a while (SQLSTATE 25006).
    ReadOnly,
    /// The disk is full for a while (SQLSTATE 53100, which a trigger raises).
    FullDisk,
    /// The server behind PgBouncer crashes, and starts again. PgBouncer stays up.
    Pooler,
    /// Another transaction locks twenty sessions. Only the calls on other sessions count.
    LockedRows,
    /// The connections are closed, and the server has no place for new ones for a while (SQLSTATE 53300).
    NoSlots,
}

impl Scenario {
    pub(crate) const ALL: [Self; 11] = [
        Self::Restart,
        Self::Crash,
        Self::Failover,
        Self::VanishedPrimary,
        Self::VanishedServer,
        Self::Firewall,
        Self::ReadOnly,
        Self::FullDisk,
        Self::Pooler,
        Self::LockedRows,
        Self::NoSlots,
    ];

    pub(crate) fn is_possible(self) -> bool {
        self.servers() != Servers::BehindPooler || PgBouncer::program().is_some()
    }

    pub(crate) fn servers(self) -> Servers {
        match self {
            Self::Failover | Self::VanishedPrimary => Servers::WithStandby,
            Self::Pooler => Servers::BehindPooler,
            _ => Servers::One,
        }
    }

    /// Returns how long the cause lasts, if it should last for `outage`.
    pub(crate) fn length(self, outage: Duration) -> Duration {
        match self {
            Self::VanishedServer => outage.max(SILENCE),
            // The standby takes over at once, and the firewall forgets in a moment: what is measured is the recovery.
            Self::Failover | Self::VanishedPrimary | Self::Firewall => Duration::ZERO,
            _ => outage,
        }
    }

    pub(crate) async fn begin(self, site: &mut Site) -> Result<(), BoxError> {
        match self {
            Self::Restart | Self::Failover => {
                block_in_place(|| site.primary.stop())?;
                site.links[0].refuse();
            }
            Self::Crash => {
                block_in_place(|| site.primary.kill())?;
                site.links[0].refuse();
            }
            Self::Pooler => block_in_place(|| site.primary.kill())?,
            Self::VanishedPrimary | Self::VanishedServer => site.links[0].vanish(),
            Self::Firewall => site.links[0].drop_open_connections(),
            Self::ReadOnly => {
                let on = "ALTER SYSTEM SET default_transaction_read_only = on;\nSELECT pg_reload_conf()";
                site.administer(on).await?;
            }
            Self::FullDisk => {
                let full = "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS \
                            $$BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END$$;\n\
                            CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON session EXECUTE FUNCTION full_disk()";
                site.administer(full).await?;
            }
            Self::LockedRows => {
                let client = site.administrator().await?;
                let ids: Vec<_> = (0..LOCKED).map(id).collect();
                client.batch_execute("BEGIN").await?;
                client.execute("SELECT FROM session WHERE id = ANY($1) FOR UPDATE", &[&ids]).await?;
                site.locks = Some(client);
            }
            Self::NoSlots => {
                let close = format!(
                    "ALTER ROLE {ROLE} CONNECTION LIMIT 0;\n\
                     SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{ROLE}'"
                );
                site.administer(&close).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn end(self, site: &mut Site) -> Result<(), BoxError> {
        match self {
            Self::Restart | Self::Crash => {
                site.links[0].restore();
                block_in_place(|| site.primary.start_again())?;
            }
            Self::Pooler => block_in_place(|| site.primary.start_again())?,
            Self::Failover | Self::VanishedPrimary => site.promote().await?,
            Self::VanishedServer => site.links[0].restore(),
            Self::Firewall => {}
            Self::ReadOnly => {
                let off = "SET default_transaction_read_only = off;\nALTER SYSTEM RESET default_transaction_read_only;\n\
                           SELECT pg_reload_conf()";
                site.administer(off).await?;
            }
            Self::FullDisk => site.administer("DROP FUNCTION full_disk CASCADE").await?,
            Self::LockedRows => drop(site.locks.take()),
            Self::NoSlots => site.administer(&format!("ALTER ROLE {ROLE} CONNECTION LIMIT -1")).await?,
        }
        Ok(())
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Restart => "restart",
            Self::Crash => "crash",
            Self::Failover => "failover",
            Self::VanishedPrimary => "failover from a vanished machine",
            Self::VanishedServer => "vanished machine comes back",
            Self::Firewall => "firewall drops open connections",
            Self::ReadOnly => "read-only server",
            Self::FullDisk => "full disk",
            Self::Pooler => "PgBouncer with its server down",
            Self::LockedRows => "locked rows, calls on other rows",
            Self::NoSlots => "too many connections",
        })
    }
}
