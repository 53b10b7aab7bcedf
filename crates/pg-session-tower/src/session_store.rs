//! Implements the traits of tower-sessions, of the version that the parent module names `api`.

use async_trait::async_trait;
use pg_session::ErrorKind;

use super::api::session::{Id, Record};
use super::api::session_store::{Error, ExpiredDeletion, Result, SessionStore};
use crate::store::TowerStore;
use crate::{data, map_id};

#[async_trait]
impl SessionStore for TowerStore {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let (data, ttl) = (data::sorted(&record.data), data::ttl(record.expiry_date));
        let store = self.0.saving_from(map_id::of(&record.data));
        let id = store.create(&record.id.to_string(), &data, ttl).await.map_err(failed)?;
        record.id =
            id.parse().map_err(|error| Error::Backend(format!("the store made an invalid session id: {error}")))?;
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let (data, ttl) = (data::sorted(&record.data), data::ttl(record.expiry_date));
        self.0.saving_from(map_id::of(&record.data)).save(&record.id.to_string(), &data, ttl).await.map_err(failed)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let Some(session) = self.0.load(&id.to_string()).await.map_err(failed)? else { return Ok(None) };
        let data = data::decoded(&session).map_err(Error::Decode)?;
        self.0.decoded_into(&session, map_id::of(&data));
        Ok(Some(Record { id: *id, data, expiry_date: data::expiry_date(session.expires_in()) }))
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
    let message = data::message(&error);
    match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::TooLarge => Error::Encode(message),
        _ => Error::Backend(message),
    }
}
