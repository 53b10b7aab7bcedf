use async_trait::async_trait;
use serde_json::Value;
use tokio_postgres::{Client, NoTls, Statement};

use crate::error::BoxError;
use crate::store::{Store, require};

/// One tokio-postgres connection with a prepared statement on pg-session's table: the lower bound for a get.
pub(crate) struct Prepared {
    client: Client,
    get: Statement,
}

impl Prepared {
    pub(crate) async fn new(url: &str) -> Result<Self, BoxError> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        let get = client.prepare("SELECT session::text FROM session WHERE id = $1 AND expiry > now()").await?;
        Ok(Self { client, get })
    }

    async fn text(&self, id: &str) -> Result<Option<String>, BoxError> {
        Ok(self.client.query_opt(&self.get, &[&id]).await?.map(|row| row.get(0)))
    }
}

#[async_trait]
impl Store for Prepared {
    async fn get(&self, id: &str) -> Result<(), BoxError> {
        require(self.text(id).await?).map(drop)
    }

    async fn set(&self, _id: &str, _data: &str) -> Result<(), BoxError> {
        Err("this target only reads".into())
    }

    async fn touch(&self, _id: &str) -> Result<(), BoxError> {
        Err("this target only reads".into())
    }

    async fn read(&self, id: &str) -> Result<Option<Value>, BoxError> {
        Ok(self.text(id).await?.map(|text| serde_json::from_str(&text)).transpose()?)
    }

    /// Does nothing, because pg-session has filled the table.
    async fn insert(&self, _id: &str, _data: &str) -> Result<(), BoxError> {
        Ok(())
    }
}
