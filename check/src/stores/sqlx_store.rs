use std::time::Duration;

use serde_json::Value;
use sqlx_08::PgPool;
use sqlx_08::postgres::PgPoolOptions;
use time::OffsetDateTime;
use tower_sessions_core_014::SessionStore;
use tower_sessions_core_014::session::{self, Record};
use tower_sessions_sqlx_store::PostgresStore;

use crate::history::{Data, Id};
use crate::store::{BoxError, Store};

const CONNECTIONS: u32 = 16;

/// tower-sessions-sqlx-store. Operations that it lacks are composed as tower-sessions composes them.
#[derive(Clone)]
pub struct SqlxStore(PostgresStore);

impl SqlxStore {
    /// Creates a store on a pool of its own.
    ///
    /// # Errors
    /// Fails if the database cannot be reached or the table cannot be created.
    pub async fn new(url: &str) -> Result<Self, BoxError> {
        let pool: PgPool = PgPoolOptions::new().max_connections(CONNECTIONS).connect(url).await?;
        let store = PostgresStore::new(pool);
        store.migrate().await?;
        Ok(Self(store))
    }

    async fn load(&self, id: Id) -> Result<Option<Record>, BoxError> {
        Ok(self.0.load(&session::Id(id.into())).await?)
    }
}

impl Store for SqlxStore {
    type Base = ();

    /// Its `create` chooses another id if the id exists.
    const CAN_CREATE: bool = false;

    async fn get(&self, id: Id) -> Result<Option<(Data, ())>, BoxError> {
        let Some(record) = self.load(id).await? else { return Ok(None) };
        let data = Value::Object(record.data.into_iter().collect());
        Ok(Some((serde_json::from_value(data)?, ())))
    }

    async fn set(&self, id: Id, data: &Data, ttl: Duration) -> Result<(), BoxError> {
        let data = serde_json::from_value(serde_json::to_value(data)?)?;
        Ok(self
            .0
            .save(&Record { id: session::Id(id.into()), data, expiry_date: OffsetDateTime::now_utc() + ttl })
            .await?)
    }

    async fn update(&self, id: Id, (): &(), data: &Data, ttl: Duration) -> Result<bool, BoxError> {
        self.set(id, data, ttl).await?;
        Ok(true)
    }

    async fn touch(&self, id: Id, ttl: Duration) -> Result<Option<bool>, BoxError> {
        let Some(mut record) = self.load(id).await? else { return Ok(Some(false)) };
        record.expiry_date = OffsetDateTime::now_utc() + ttl;
        self.0.save(&record).await?;
        Ok(Some(true))
    }

    async fn destroy(&self, id: Id) -> Result<Option<bool>, BoxError> {
        self.0.delete(&session::Id(id.into())).await?;
        Ok(None)
    }

    async fn rotate(&self, old: Id, new: Id, ttl: Duration) -> Result<bool, BoxError> {
        let Some(mut record) = self.load(old).await? else { return Ok(false) };
        self.0.delete(&record.id).await?;
        (record.id, record.expiry_date) = (session::Id(new.into()), OffsetDateTime::now_utc() + ttl);
        self.0.create(&mut record).await?;
        Ok(true)
    }
}
