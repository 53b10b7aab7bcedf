//! The private servers: one PostgreSQL and two Redis.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use pg_session_testkit::{Folder, Guard, PgInstall, Server, Signal};
use tokio_postgres::{Client, NoTls};

use crate::error::BoxError;

/// Besides the number of connections, the only setting of PostgreSQL that is not its default.
pub(crate) const SHARED_BUFFERS: &str = "512MB";

/// How long Redis may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) struct Servers {
    pub(crate) postgres: Server,
    pub(crate) programs: PgInstall,
    pub(crate) redis: Option<Redises>,
}

pub(crate) struct Redises {
    /// Writes nothing to disk.
    pub(crate) in_memory: Redis,
    /// Syncs every write to disk before it replies.
    pub(crate) durable: Redis,
}

impl Servers {
    pub(crate) async fn start() -> Result<Self, BoxError> {
        let programs = PgInstall::find()?;
        let postgres = Server::builder().durable(true).setting("shared_buffers", SHARED_BUFFERS).start()?;
        let redis = match (Redis::start(false).await, Redis::start(true).await) {
            (Ok(in_memory), Ok(durable)) => Some(Redises { in_memory, durable }),
            (Err(error), _) | (_, Err(error)) => {
                eprintln!("skipping Redis: {error}; install it, for example with `apt-get install redis-server`");
                None
            }
        };
        Ok(Self { postgres, programs, redis })
    }

    /// Returns the URL of the database that all targets share, over the unix socket.
    pub(crate) fn url(&self) -> String {
        self.postgres.socket_url("postgres")
    }

    /// Opens a connection that is not measured.
    pub(crate) async fn client(&self) -> Result<Client, BoxError> {
        let (client, connection) = tokio_postgres::connect(&self.url(), NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Vacuums all tables as autovacuum would after a minute.
    pub(crate) async fn vacuum(&self) -> Result<(), BoxError> {
        Ok(self.client().await?.batch_execute("VACUUM ANALYZE").await?)
    }

    /// Returns a program that was installed with PostgreSQL: beside `postgres` or beside the file it links to.
    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        let postgres = self.programs.folder().join("postgres");
        let origin = postgres.canonicalize().unwrap_or_default();
        [postgres, origin].iter().map(|postgres| postgres.with_file_name(name)).find(|path| path.is_file())
    }
}

/// A Redis on a unix socket.
pub(crate) struct Redis {
    socket: PathBuf,
    // Fields drop in this order: the server must stop before its folder is removed.
    _server: Guard,
    _folder: Folder,
}

impl Redis {
    async fn start(durable: bool) -> Result<Self, BoxError> {
        let folder = Folder::new()?;
        let socket = folder.path().join("redis.sock");
        let mut server = Guard::spawn("redis-server", Signal::Terminate, |command| {
            command.args(["--port", "0", "--save", "", "--appendonly", if durable { "yes" } else { "no" }]);
            command.args(["--appendfsync", "always", "--unixsocket"]).arg(&socket);
            command.arg("--dir").arg(folder.path()).stdout(Stdio::null());
        })?;
        let deadline = Instant::now() + START_TIMEOUT;
        while !socket.exists() {
            if server.try_wait()?.is_some() || Instant::now() > deadline {
                return Err("redis-server did not start".into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(Self { socket, _server: server, _folder: folder })
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }
}
