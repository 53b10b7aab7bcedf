//! The trait of actix-session.

use std::collections::HashMap;

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError, generate_session_key};
use actix_web::cookie::time::Duration;
use pg_session::{Error, ErrorKind};

use crate::{ActixStore, mark, state};

impl SessionStore for ActixStore {
    async fn load(&self, key: &SessionKey) -> Result<Option<HashMap<String, String>>, LoadError> {
        let session = self.0.load(key.as_ref()).await.map_err(|error| LoadError::Other(error.into()))?;
        let Some(session) = session else { return Ok(None) };
        let mut state = state::state(&session).map_err(LoadError::Deserialization)?;
        if self.0.current_id().is_none() {
            self.0.decoded_into(&session, mark::add(&mut state));
        }
        Ok(Some(state))
    }

    async fn save(&self, state: HashMap<String, String>, ttl: &Duration) -> Result<SessionKey, SaveError> {
        let data = state::sorted(&state).map_err(SaveError::Serialization)?;
        let store = self.0.saving_from(mark::of(&state));
        let created = store.create(generate_session_key().as_ref(), &data, state::ttl(ttl)).await;
        let id = created.map_err(|error| match is_of_the_data(&error) {
            true => SaveError::Serialization(error.into()),
            false => SaveError::Other(error.into()),
        })?;
        id.try_into().map_err(|error| SaveError::Other(anyhow::Error::new(error)))
    }

    async fn update(
        &self,
        key: SessionKey,
        state: HashMap<String, String>,
        ttl: &Duration,
    ) -> Result<SessionKey, UpdateError> {
        let data = state::sorted(&state).map_err(UpdateError::Serialization)?;
        match self.0.saving_from(mark::of(&state)).update(key.as_ref(), &data, state::ttl(ttl)).await {
            // What is gone has no new key either: a logout wins.
            Ok(_) => Ok(key),
            Err(error) if is_of_the_data(&error) => Err(UpdateError::Serialization(error.into())),
            Err(error) => Err(UpdateError::Other(error.into())),
        }
    }

    async fn update_ttl(&self, key: &SessionKey, ttl: &Duration) -> anyhow::Result<()> {
        self.pg_store().touch(key.as_ref(), state::ttl(ttl)).await?;
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> anyhow::Result<()> {
        Ok(self.0.delete(key.as_ref()).await?)
    }
}

fn is_of_the_data(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::TooLarge)
}
