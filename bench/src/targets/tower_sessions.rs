use std::path::Path;

use async_trait::async_trait;
use fred::clients::Pool;
use serde_json::Value;
use sqlx_08::PgPool;
use sqlx_08::postgres::PgPoolOptions;
use time::OffsetDateTime;
use tower_sessions_core_014::SessionStore;
use tower_sessions_core_014::session::{Id, Record};
use tower_sessions_redis_store::RedisStore;
use tower_sessions_sqlx_store::PostgresStore;

use super::redis;
use crate::error::BoxError;
use crate::session::TTL;
use crate::store::{Store, require};

const CONNECTIONS: u32 = 16;

/// Creates a tower-sessions-sqlx-store on a pool of 16 connections.
pub(crate) async fn sqlx_store(url: &str) -> Result<PostgresStore, BoxError> {
    let pool: PgPool = PgPoolOptions::new().max_connections(CONNECTIONS).connect(url).await?;
    let store = PostgresStore::new(pool);
    store.migrate().await?;
    Ok(store)
}

/// Creates a tower-sessions-redis-store.
pub(crate) async fn redis_store(socket: &Path) -> Result<RedisStore<Pool>, BoxError> {
    Ok(RedisStore::new(redis::connect(socket).await?))
}

/// A store of tower-sessions, called as its middleware calls it. The trait has no touch, so a touch loads and saves.
pub(crate) struct TowerSessions<S>(pub(crate) S);

fn record(id: &str, data: &str) -> Result<Record, BoxError> {
    Ok(Record { id: parse(id)?, data: serde_json::from_str(data)?, expiry_date: OffsetDateTime::now_utc() + TTL })
}

fn parse(id: &str) -> Result<Id, BoxError> {
    Ok(Id(id.parse()?))
}

#[async_trait]
impl<S: SessionStore> Store for TowerSessions<S> {
    async fn get(&self, id: &str) -> Result<(), BoxError> {
        require(self.0.load(&parse(id)?).await?).map(drop)
    }

    async fn set(&self, id: &str, data: &str) -> Result<(), BoxError> {
        Ok(self.0.save(&record(id, data)?).await?)
    }

    async fn touch(&self, id: &str) -> Result<(), BoxError> {
        let mut record = require(self.0.load(&parse(id)?).await?)?;
        record.expiry_date = OffsetDateTime::now_utc() + TTL;
        Ok(self.0.save(&record).await?)
    }

    async fn read(&self, id: &str) -> Result<Option<Value>, BoxError> {
        let record = self.0.load(&parse(id)?).await?;
        Ok(record.map(|record| Value::Object(record.data.into_iter().collect())))
    }

    async fn insert(&self, id: &str, data: &str) -> Result<(), BoxError> {
        Ok(self.0.create(&mut record(id, data)?).await?)
    }
}
