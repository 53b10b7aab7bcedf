//! Implements the trait of actix-session.

use std::collections::HashMap;

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError, generate_session_key};
use actix_web::cookie::time::Duration;
use pg_session::{Error, ErrorKind};

use crate::store::ActixStore;
use crate::{data, map_id};

impl SessionStore for ActixStore {
    async fn load(&self, key: &SessionKey) -> Result<Option<HashMap<String, String>>, LoadError> {
        let session = self.0.load(key.as_ref()).await.map_err(|error| LoadError::Other(error.into()))?;
        let Some(session) = session else { return Ok(None) };
        let mut state = data::decoded(&session).map_err(LoadError::Deserialization)?;
        if self.0.current_id().is_none() {
            self.0.decoded_into(&session, map_id::mark(&mut state));
        }
        Ok(Some(state))
    }

    async fn save(&self, state: HashMap<String, String>, ttl: &Duration) -> Result<SessionKey, SaveError> {
        let data = data::sorted(&state).map_err(SaveError::Serialization)?;
        let store = self.0.saving_from(map_id::of(&state));
        let created = store.create(generate_session_key().as_ref(), &data, data::ttl(ttl)).await;
        let id = match created {
            Ok(id) => id,
            Err(error) if is_invalid_data(&error) => return Err(SaveError::Serialization(error.into())),
            Err(error) => return Err(SaveError::Other(error.into())),
        };
        id.try_into().map_err(|error| SaveError::Other(anyhow::Error::new(error)))
    }

    async fn update(
        &self,
        key: SessionKey,
        state: HashMap<String, String>,
        ttl: &Duration,
    ) -> Result<SessionKey, UpdateError> {
        let data = data::sorted(&state).map_err(UpdateError::Serialization)?;
        match self.0.saving_from(map_id::of(&state)).update(key.as_ref(), &data, data::ttl(ttl)).await {
            // If the session has ended, it gets no new key: a logout wins.
            Ok(_) => Ok(key),
            Err(error) if is_invalid_data(&error) => Err(UpdateError::Serialization(error.into())),
            Err(error) => Err(UpdateError::Other(error.into())),
        }
    }

    async fn update_ttl(&self, key: &SessionKey, ttl: &Duration) -> anyhow::Result<()> {
        self.pg_store().touch(key.as_ref(), data::ttl(ttl)).await?;
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> anyhow::Result<()> {
        Ok(self.0.delete(key.as_ref()).await?)
    }
}

fn is_invalid_data(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::TooLarge)
}
