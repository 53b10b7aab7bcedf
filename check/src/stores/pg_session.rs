use std::time::Duration;

use pg_session::{Created, PgStore, PgStoreBuilder, Rotated, Session, Updated};

use crate::history::{Data, Id};
use crate::store::{BoxError, Store};

/// pg-session.
#[derive(Clone)]
pub struct PgSession(PgStore);

impl PgSession {
    /// Creates a store with default options, and its table if it does not exist.
    ///
    /// # Errors
    /// See [`PgStore::setup`].
    pub async fn new(url: &str) -> Result<Self, BoxError> {
        Self::build(PgStore::builder(url)).await
    }

    /// Creates a store with these options, and its table if it does not exist.
    ///
    /// # Errors
    /// See [`PgStoreBuilder::build`] and [`PgStore::setup`].
    pub async fn build(builder: PgStoreBuilder) -> Result<Self, BoxError> {
        let store = builder.build()?;
        store.setup().await?;
        Ok(Self(store))
    }
}

impl Store for PgSession {
    type Base = Session;

    async fn get(&self, id: Id) -> Result<Option<(Data, Session)>, BoxError> {
        let Some(session) = self.0.get(&name(id)).await? else { return Ok(None) };
        Ok(Some((session.decode()?, session)))
    }

    async fn set(&self, id: Id, data: &Data, ttl: Duration) -> Result<(), BoxError> {
        Ok(self.0.set(&name(id), data, ttl).await?)
    }

    async fn create(&self, id: Id, data: &Data, ttl: Duration) -> Result<bool, BoxError> {
        Ok(self.0.create(&name(id), data, ttl).await? == Created::Created)
    }

    async fn update(&self, _id: Id, base: &Session, data: &Data, ttl: Duration) -> Result<bool, BoxError> {
        Ok(self.0.update(base, data, ttl).await? != Updated::Gone)
    }

    async fn touch(&self, id: Id, ttl: Duration) -> Result<Option<bool>, BoxError> {
        Ok(Some(self.0.touch(&name(id), ttl).await?))
    }

    async fn destroy(&self, id: Id) -> Result<Option<bool>, BoxError> {
        Ok(Some(self.0.destroy(&name(id)).await?))
    }

    async fn rotate(&self, old: Id, new: Id, _ttl: Duration) -> Result<bool, BoxError> {
        match self.0.rotate(&name(old), &name(new)).await? {
            Rotated::Rotated => Ok(true),
            Rotated::Gone => Ok(false),
            Rotated::Exists => Err("the new id exists although it was never used".into()),
        }
    }
}

fn name(id: Id) -> String {
    format!("session {id}")
}
