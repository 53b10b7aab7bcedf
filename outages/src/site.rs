//! The servers of a run, and the network before them.

use crate::error::BoxError;
use pg_session_testkit::{PgBouncer, Server};
use tokio::task::block_in_place;
use tokio_postgres::{Client, NoTls};

use crate::link::Link;

/// The role and the database of the store.
pub(crate) const ROLE: &str = "app";

/// The servers that a scenario needs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Servers {
    One,
    WithStandby,
    BehindPooler,
}

pub(crate) struct Site {
    // The order of the fields is the order of the drops: the standby reads from the primary, and the pooler connects to it.
    _pooler: Option<PgBouncer>,
    pub(crate) standby: Option<Server>,
    pub(crate) primary: Server,
    /// The links to the servers, in the order of the store's hosts.
    pub(crate) links: Vec<Link>,
    /// A session of the superuser that holds locks.
    pub(crate) locks: Option<Client>,
}

impl Site {
    pub(crate) async fn start(servers: Servers) -> Result<Self, BoxError> {
        let mut primary = block_in_place(Server::start)?;
        let administrator = connect(&primary.url("postgres")).await?;
        administrator.batch_execute(&format!("CREATE ROLE {ROLE} LOGIN PASSWORD '{ROLE}'")).await?;
        administrator.batch_execute(&format!("CREATE DATABASE {ROLE} OWNER {ROLE}")).await?;
        let standby = match servers {
            Servers::WithStandby => Some(block_in_place(|| primary.start_standby())?),
            _ => None,
        };
        let pooler = match servers {
            Servers::BehindPooler => block_in_place(|| PgBouncer::start(&primary, 10, &[("server_login_retry", "1")]))?,
            _ => None,
        };
        let first = pooler.as_ref().map_or(primary.port(), |pooler| pooler.address().port());
        let ports = [first].into_iter().chain(standby.as_ref().map(|standby| standby.port()));
        let links = ports.map(Link::to).collect::<Result<_, _>>()?;
        Ok(Self { _pooler: pooler, standby, primary, links, locks: None })
    }

    /// Returns the connection string of the store.
    pub(crate) fn url(&self) -> String {
        let hosts: Vec<_> = self.links.iter().map(|link| format!("127.0.0.1:{}", link.port())).collect();
        let attributes = if self.standby.is_some() { "?target_session_attrs=read-write" } else { "" };
        format!("postgres://{ROLE}:{ROLE}@{}/{ROLE}{attributes}", hosts.join(","))
    }

    /// Returns how many connections the store has opened so far.
    pub(crate) fn logins(&self) -> u64 {
        self.links.iter().map(Link::opened).sum()
    }

    /// Runs statements on the store's database as the superuser.
    pub(crate) async fn administer(&self, statements: &str) -> Result<(), BoxError> {
        let client = self.administrator().await?;
        for statement in statements.split(";\n") {
            client.batch_execute(statement).await?;
        }
        Ok(())
    }

    pub(crate) async fn administrator(&self) -> Result<Client, BoxError> {
        connect(&self.primary.url(ROLE)).await
    }

    /// Makes the standby accept writes.
    pub(crate) async fn promote(&self) -> Result<(), BoxError> {
        let Some(standby) = &self.standby else { return Ok(()) };
        connect(&standby.url("postgres")).await?.execute("SELECT pg_promote()", &[]).await?;
        Ok(())
    }
}

async fn connect(url: &str) -> Result<Client, BoxError> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
