//! The private servers: one PostgreSQL, and Redis twice.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use pg_session_testkit::{Folder, Guard, PgInstall, Server, Signal};
use tokio_postgres::{Client, NoTls};

use crate::task::Failure;

/// The one setting of PostgreSQL that is not its default, but for the number of connections.
pub(crate) const SHARED_BUFFERS: &str = "512MB";

const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Servers {
    pub(crate) postgres: Server,
    pub(crate) programs: PgInstall,
    pub(crate) redis: Option<Redises>,
}

/// With nothing on disk, and with every write on disk before it is answered.
pub(crate) struct Redises {
    pub(crate) in_memory: Redis,
    pub(crate) durable: Redis,
}

impl Servers {
    pub(crate) async fn start() -> Result<Self, Failure> {
        let programs = PgInstall::find()?;
        let postgres = Server::builder().durable(true).setting("shared_buffers", SHARED_BUFFERS).start()?;
        let redis = match (Redis::start(false).await, Redis::start(true).await) {
            (Ok(in_memory), Ok(durable)) => Some(Redises { in_memory, durable }),
            (Err(error), _) | (_, Err(error)) => {
                eprintln!("without Redis: {error}; install it, for example by apt-get install redis-server");
                None
            }
        };
        Ok(Self { postgres, programs, redis })
    }

    /// The URL of the database that all share, through the unix socket.
    pub(crate) fn url(&self) -> String {
        self.postgres.socket_url("postgres")
    }

    /// A connection beside those that are measured.
    pub(crate) async fn client(&self) -> Result<Client, Failure> {
        let (client, connection) = tokio_postgres::connect(&self.url(), NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Leaves all tables that were filled in as autovacuum does after a minute.
    pub(crate) async fn vacuum(&self) -> Result<(), Failure> {
        Ok(self.client().await?.batch_execute("VACUUM ANALYZE").await?)
    }

    /// A program that comes with PostgreSQL, if it did: beside `postgres`, or beside what that is a link to.
    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        let postgres = self.programs.folder().join("postgres");
        let origin = postgres.canonicalize().unwrap_or_default();
        [postgres, origin].iter().map(|postgres| postgres.with_file_name(name)).find(|path| path.is_file())
    }
}

/// A Redis on a unix socket.
pub(crate) struct Redis {
    socket: PathBuf,
    // Fields are dropped in this order: the server before its folder.
    _server: Guard,
    _folder: Folder,
}

impl Redis {
    async fn start(durable: bool) -> Result<Self, Failure> {
        let folder = Folder::new()?;
        let socket = folder.path().join("redis.sock");
        let mut server = Guard::spawn("redis-server", Signal::Terminate, |command| {
            command.args(["--port", "0", "--save", "", "--appendonly", if durable { "yes" } else { "no" }]);
            command.args(["--appendfsync", "always", "--unixsocket"]).arg(&socket);
            command.arg("--dir").arg(folder.path()).stdout(Stdio::null());
        })?;
        let deadline = Instant::now() + PATIENCE;
        while !socket.exists() {
            if server.try_wait()?.is_some() || Instant::now() > deadline {
                return Err("redis-server does not start".into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(Self { socket, _server: server, _folder: folder })
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }
}
