use async_trait::async_trait;
use serde_json::Value;
use sqlx_08::PgPool;
use sqlx_08::postgres::PgPoolOptions;
use time::OffsetDateTime;
use tower_sessions_core_014::SessionStore;
use tower_sessions_core_014::session::{Id, Record};
use tower_sessions_sqlx_store::PostgresStore;

use crate::load::{Store, found};
use crate::task::{Failure, TTL};

const CONNECTIONS: u32 = 16;

/// tower-sessions-sqlx-store on a pool of 16 connections.
pub(crate) async fn sqlx_store(url: &str) -> Result<PostgresStore, Failure> {
    let pool: PgPool = PgPoolOptions::new().max_connections(CONNECTIONS).connect(url).await?;
    let store = PostgresStore::new(pool);
    store.migrate().await?;
    Ok(store)
}

/// A store of tower-sessions as its middleware uses it. The trait has no touch: a load and a save do for it.
pub(crate) struct Tower<S>(pub(crate) S);

fn record(id: &str, data: &str) -> Result<Record, Failure> {
    Ok(Record { id: id_of(id)?, data: serde_json::from_str(data)?, expiry_date: OffsetDateTime::now_utc() + TTL })
}

fn id_of(id: &str) -> Result<Id, Failure> {
    Ok(Id(id.parse()?))
}

#[async_trait]
impl<S: SessionStore> Store for Tower<S> {
    async fn get(&self, id: &str) -> Result<(), Failure> {
        found(self.0.load(&id_of(id)?).await?)
    }

    async fn set(&self, id: &str, data: &str) -> Result<(), Failure> {
        Ok(self.0.save(&record(id, data)?).await?)
    }

    async fn touch(&self, id: &str) -> Result<(), Failure> {
        let Some(mut record) = self.0.load(&id_of(id)?).await? else { return found::<()>(None) };
        record.expiry_date = OffsetDateTime::now_utc() + TTL;
        Ok(self.0.save(&record).await?)
    }

    async fn read(&self, id: &str) -> Result<Option<Value>, Failure> {
        let record = self.0.load(&id_of(id)?).await?;
        Ok(record.map(|record| Value::Object(record.data.into_iter().collect())))
    }

    async fn insert(&self, id: &str, data: &str) -> Result<(), Failure> {
        Ok(self.0.create(&mut record(id, data)?).await?)
    }
}
