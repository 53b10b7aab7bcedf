use std::process::Stdio;
use std::time::{Duration, Instant};

use fred::clients::Pool;
use fred::interfaces::{ClientLike, KeysInterface};
use fred::types::Expiration;
use fred::types::config::Config;
use pg_session_testkit::{Folder, Guard, Signal};

use super::{Done, Failure, Side, TTL_SECONDS, found};

const CONNECTIONS: usize = 4;

/// Redis through fred, over its unix socket: with nothing on disk, or with every write on disk before it is answered.
pub(crate) struct Redis {
    pool: Pool,
    name: &'static str,
    // Fields are dropped in this order: the server before its folder.
    _server: Guard,
    _folder: Folder,
}

impl Redis {
    pub(crate) async fn start(durable: bool) -> Result<Self, Failure> {
        let folder = Folder::new()?;
        let socket = folder.path().join("redis.sock");
        let server = Guard::spawn("redis-server", Signal::Terminate, |command| {
            command.args(["--port", "0", "--save", "", "--appendonly", if durable { "yes" } else { "no" }]);
            command.args(["--appendfsync", "always", "--unixsocket"]).arg(&socket);
            command.arg("--dir").arg(folder.path()).stdout(Stdio::null());
        })?;
        let deadline = Instant::now() + Duration::from_secs(10);
        while !socket.exists() {
            if Instant::now() > deadline {
                return Err("redis-server does not start".into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let config = Config::from_url(&format!("redis+unix://{}", socket.display()))?;
        let pool = Pool::new(config, None, None, None, CONNECTIONS)?;
        pool.init().await?;
        let name = if durable { "Redis, appendfsync always" } else { "Redis, nothing on disk" };
        Ok(Self { pool, name, _server: server, _folder: folder })
    }
}

impl Side for Redis {
    fn name(&self) -> &'static str {
        self.name
    }

    fn get<'a>(&'a self, id: &'a str) -> Done<'a> {
        Box::pin(async move { found(self.pool.get::<Option<String>, _>(id).await?) })
    }

    fn set<'a>(&'a self, id: &'a str, data: &'a str) -> Done<'a> {
        let expire = Expiration::EX(TTL_SECONDS as i64);
        Box::pin(async move { Ok(self.pool.set::<(), _, _>(id, data, Some(expire), None, false).await?) })
    }

    fn touch<'a>(&'a self, id: &'a str) -> Done<'a> {
        Box::pin(async move {
            let found_it: bool = self.pool.expire(id, TTL_SECONDS as i64, None).await?;
            found(found_it.then_some(()))
        })
    }
}
