//! A session store that the bench calls in its own process.

use async_trait::async_trait;
use serde_json::Value;

use crate::error::BoxError;

/// A store, called through its public API.
#[async_trait]
pub(crate) trait Store: Send + Sync {
    /// Reads a session as a request does when it begins. Fails if the session does not exist.
    async fn get(&self, id: &str) -> Result<(), BoxError>;

    async fn set(&self, id: &str, data: &str) -> Result<(), BoxError>;

    async fn touch(&self, id: &str) -> Result<(), BoxError>;

    /// Returns the data stored under the id.
    async fn read(&self, id: &str) -> Result<Option<Value>, BoxError>;

    /// Stores a session under a new id.
    async fn insert(&self, id: &str, data: &str) -> Result<(), BoxError> {
        self.set(id, data).await
    }
}

/// Fails if the session is missing, because the figures of a store that loses sessions mean nothing.
pub(crate) fn require<T>(session: Option<T>) -> Result<T, BoxError> {
    session.ok_or_else(|| "a session is missing: the store lost data that it had accepted".into())
}
