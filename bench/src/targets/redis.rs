use std::path::Path;

use async_trait::async_trait;
use fred::clients::Pool;
use fred::interfaces::{ClientLike, KeysInterface};
use fred::types::Expiration;
use fred::types::config::Config;
use serde_json::Value;

use crate::error::BoxError;
use crate::session::TTL;
use crate::store::{Store, require};

const CONNECTIONS: usize = 4;
const SECONDS: i64 = TTL.as_secs() as i64;

/// Connects to Redis over its unix socket.
pub(crate) async fn connect(socket: &Path) -> Result<Pool, BoxError> {
    let config = Config::from_url(&format!("redis+unix://{}", socket.display()))?;
    let pool = Pool::new(config, None, None, None, CONNECTIONS)?;
    pool.init().await?;
    Ok(pool)
}

/// Redis through the client fred. The data is stored as the JSON text it is given.
pub(crate) struct Fred(Pool);

impl Fred {
    pub(crate) async fn new(socket: &Path) -> Result<Self, BoxError> {
        Ok(Self(connect(socket).await?))
    }
}

#[async_trait]
impl Store for Fred {
    async fn get(&self, id: &str) -> Result<(), BoxError> {
        require(self.0.get::<Option<String>, _>(id).await?).map(drop)
    }

    async fn set(&self, id: &str, data: &str) -> Result<(), BoxError> {
        Ok(self.0.set::<(), _, _>(id, data, Some(Expiration::EX(SECONDS)), None, false).await?)
    }

    async fn touch(&self, id: &str) -> Result<(), BoxError> {
        require(self.0.expire::<bool, _>(id, SECONDS, None).await?.then_some(()))
    }

    async fn read(&self, id: &str) -> Result<Option<Value>, BoxError> {
        let text: Option<String> = self.0.get(id).await?;
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
    }
}
