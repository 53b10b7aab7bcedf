use std::path::Path;

use async_trait::async_trait;
use fred::clients::Pool;
use fred::interfaces::{ClientLike, KeysInterface};
use fred::types::Expiration;
use fred::types::config::Config;
use serde_json::Value;

use crate::load::{Store, found};
use crate::task::{Failure, TTL};

const CONNECTIONS: usize = 4;
const SECONDS: i64 = TTL.as_secs() as i64;

/// Connections to Redis for whoever wants some, over its unix socket.
pub(crate) async fn connect(socket: &Path) -> Result<Pool, Failure> {
    let config = Config::from_url(&format!("redis+unix://{}", socket.display()))?;
    let pool = Pool::new(config, None, None, None, CONNECTIONS)?;
    pool.init().await?;
    Ok(pool)
}

/// Redis through fred, with the JSON as it is.
pub(crate) struct Fred(Pool);

impl Fred {
    pub(crate) async fn new(socket: &Path) -> Result<Self, Failure> {
        Ok(Self(connect(socket).await?))
    }
}

#[async_trait]
impl Store for Fred {
    async fn get(&self, id: &str) -> Result<(), Failure> {
        found(self.0.get::<Option<String>, _>(id).await?)
    }

    async fn set(&self, id: &str, data: &str) -> Result<(), Failure> {
        Ok(self.0.set::<(), _, _>(id, data, Some(Expiration::EX(SECONDS)), None, false).await?)
    }

    async fn touch(&self, id: &str) -> Result<(), Failure> {
        found(self.0.expire::<bool, _>(id, SECONDS, None).await?.then_some(()))
    }

    async fn read(&self, id: &str) -> Result<Option<Value>, Failure> {
        let text: Option<String> = self.0.get(id).await?;
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
    }
}
