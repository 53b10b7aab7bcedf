use std::collections::HashMap;

use sqlx_08::postgres::PgPoolOptions;
use time::{Duration, OffsetDateTime};
use tower_sessions_core_014::SessionStore;
use tower_sessions_core_014::session::{Id, Record};
use tower_sessions_sqlx_store::PostgresStore;

use super::{Done, Failure, Side, TTL_SECONDS, found};

/// tower-sessions-sqlx-store on a pool of 16 connections. It has no touch: a save does for it.
pub(crate) struct SqlxStore(PostgresStore);

impl SqlxStore {
    pub(crate) async fn new(url: &str) -> Result<Self, Failure> {
        let pool = PgPoolOptions::new().max_connections(16).connect(url).await?;
        let store = PostgresStore::new(pool);
        store.migrate().await?;
        Ok(Self(store))
    }
}

fn id_of(id: &str) -> Result<Id, Failure> {
    Ok(Id(u128::from_str_radix(id, 16)? as i128))
}

impl Side for SqlxStore {
    fn name(&self) -> &'static str {
        "tower-sessions-sqlx-store"
    }

    fn get<'a>(&'a self, id: &'a str) -> Done<'a> {
        Box::pin(async move { found(self.0.load(&id_of(id)?).await?) })
    }

    fn set<'a>(&'a self, id: &'a str, data: &'a str) -> Done<'a> {
        Box::pin(async move {
            let data: HashMap<_, _> = serde_json::from_str(data)?;
            let expiry_date = OffsetDateTime::now_utc() + Duration::seconds(TTL_SECONDS as i64);
            Ok(self.0.save(&Record { id: id_of(id)?, data, expiry_date }).await?)
        })
    }

    fn touch<'a>(&'a self, id: &'a str) -> Done<'a> {
        Box::pin(async move {
            let Some(mut record) = self.0.load(&id_of(id)?).await? else { return found::<()>(None) };
            record.expiry_date = OffsetDateTime::now_utc() + Duration::seconds(TTL_SECONDS as i64);
            Ok(self.0.save(&record).await?)
        })
    }
}
