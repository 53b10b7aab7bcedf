//! The traits of tower-sessions, of the version that the module above names.

use std::collections::HashMap;

use async_trait::async_trait;
use pg_session::ErrorKind;

use super::api::session::{Id, Record};
use super::api::session_store::{Error, ExpiredDeletion, Result, SessionStore};
use crate::{TowerStore, record};

#[async_trait]
impl SessionStore for TowerStore {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let (data, ttl) = (record::sorted(&record.data), record::ttl(record.expiry_date));
        let store = self.0.saving_from(record::map(&record.data));
        let id = store.create(&record.id.to_string(), &data, ttl).await.map_err(failed)?;
        record.id =
            id.parse().map_err(|error| Error::Backend(format!("tower-sessions made no id of its own: {error}")))?;
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let (data, ttl) = (record::sorted(&record.data), record::ttl(record.expiry_date));
        self.0.saving_from(record::map(&record.data)).save(&record.id.to_string(), &data, ttl).await.map_err(failed)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let Some(session) = self.0.load(&id.to_string()).await.map_err(failed)? else { return Ok(None) };
        let data: HashMap<_, _> =
            session.decode().map_err(|error| Error::Decode(record::unreadable(&session, &error)))?;
        self.0.decoded_into(&session, record::map(&data));
        Ok(Some(Record { id: *id, data, expiry_date: record::expiry_date(session.expires_in()) }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.delete(&id.to_string()).await.map_err(failed)
    }
}

#[async_trait]
impl ExpiredDeletion for TowerStore {
    async fn delete_expired(&self) -> Result<()> {
        self.pg_store().sweep().await.map(drop).map_err(failed)
    }
}

fn failed(error: pg_session::Error) -> Error {
    match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::TooLarge => Error::Encode(error.to_string()),
        _ => Error::Backend(error.to_string()),
    }
}
