use std::time::Duration;

use async_trait::async_trait;
use pg_session::PgStore;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::BoxError;
use crate::session::TTL;
use crate::store::{Store, require};

/// pg-session with the default options, except that every touch writes.
pub(crate) struct PgSession(PgStore);

impl PgSession {
    pub(crate) async fn new(url: &str, table: &str) -> Result<Self, BoxError> {
        let store = PgStore::builder(url).table(table).touch_every(Duration::ZERO).build()?;
        store.setup().await?;
        Ok(Self(store))
    }

    /// Closes the connections, which flushes their statistics in PostgreSQL.
    pub(crate) async fn close(&self) {
        self.0.close().await;
    }
}

#[async_trait]
impl Store for PgSession {
    async fn get(&self, id: &str) -> Result<(), BoxError> {
        require(self.0.get(id).await?).map(drop)
    }

    async fn set(&self, id: &str, data: &str) -> Result<(), BoxError> {
        let data: &RawValue = serde_json::from_str(data)?;
        Ok(self.0.set(id, data, TTL).await?)
    }

    async fn touch(&self, id: &str) -> Result<(), BoxError> {
        require(self.0.touch(id, TTL).await?.then_some(()))
    }

    async fn read(&self, id: &str) -> Result<Option<Value>, BoxError> {
        Ok(self.0.get(id).await?.map(|session| session.decode()).transpose()?)
    }
}
