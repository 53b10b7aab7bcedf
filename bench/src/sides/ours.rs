use std::time::Duration;

use async_trait::async_trait;
use pg_session::PgStore;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::load::{Store, found};
use crate::task::{Failure, TTL};

/// pg-session, with the default options but that a touch always writes.
pub(crate) struct Ours(PgStore);

impl Ours {
    pub(crate) async fn new(url: &str, table: &str) -> Result<Self, Failure> {
        let store = PgStore::builder(url).table(table).touch_every(Duration::ZERO).build()?;
        store.setup().await?;
        Ok(Self(store))
    }

    /// Ends its connections, so that PostgreSQL counts all that they did.
    pub(crate) async fn close(&self) {
        self.0.close().await;
    }
}

#[async_trait]
impl Store for Ours {
    async fn get(&self, id: &str) -> Result<(), Failure> {
        found(self.0.get(id).await?)
    }

    async fn set(&self, id: &str, data: &str) -> Result<(), Failure> {
        let data: &RawValue = serde_json::from_str(data)?;
        Ok(self.0.set(id, data, TTL).await?)
    }

    async fn touch(&self, id: &str) -> Result<(), Failure> {
        found(self.0.touch(id, TTL).await?.then_some(()))
    }

    async fn read(&self, id: &str) -> Result<Option<Value>, Failure> {
        Ok(self.0.get(id).await?.map(|session| session.decode()).transpose()?)
    }
}
