//! The store as session middlewares use it, where each call knows nothing of the one before: what one request has seen
//! of its sessions is remembered here, so that its saves are updates and its renewals rotations.

mod scope;
mod within;

use std::time::Duration;

use serde::Serialize;

use crate::error::Result;
use crate::ops::{Created, Updated};
use crate::session::{Session, to_json};
use crate::store::PgStore;
use scope::Scope;

/// A [`PgStore`] for adapters of session middlewares, which load, save, create and delete sessions by their ids.
///
/// Within a [`scope`](Self::scope), one for a request, it remembers what the request has loaded:
///
/// - A save is an [`update`](PgStore::update) against that. What others changed meanwhile stays, and a session that
///   they destroyed stays so.
/// - To delete a session and then create one, as middlewares renew an id, is a [`rotate`](PgStore::rotate). The old id
///   is dead when `delete` returns; the row, with all that it holds, goes over to the session created. In between it
///   has an id that nobody knows. Where no session is created by the end of the scope, it is destroyed.
/// - Of two requests that renew one session at once, one wins. The session of the other holds only what that request
///   itself has added; if that is nothing, there is no row.
///
/// Outside of a scope it works as other stores do: the later save replaces the earlier one.
///
/// Cheap to clone: clones are handles to one store.
///
/// # Errors
/// Every method may fail as the verbs of [`PgStore`] do.
#[derive(Clone, Debug)]
pub struct RequestStore {
    store: PgStore,
    new_id: fn() -> String,
}

impl RequestStore {
    /// Sessions in `store`. `new_id` makes the ids: at least 128 bits from a cryptographically secure generator.
    #[must_use]
    pub fn new(store: PgStore, new_id: fn() -> String) -> Self {
        Self { store, new_id }
    }

    /// The store beneath.
    #[must_use]
    pub fn pg_store(&self) -> &PgStore {
        &self.store
    }

    /// Runs a request, and then destroys what it has deleted for good. If the request is dropped before its end, that
    /// happens in the background, on the current tokio runtime.
    ///
    /// The scope is the task's: what the request spawns is outside of it. A scope within a scope is a part of that.
    ///
    /// # Errors
    /// The first that destroying met; see [`PgStore::destroy`].
    pub async fn scope<T>(request: impl Future<Output = T>) -> Result<T> {
        Scope::run(request).await
    }

    /// The live session, or none.
    ///
    /// # Errors
    /// See [`PgStore::get`].
    pub async fn load(&self, id: &str) -> Result<Option<Session>> {
        let session = self.store.get(id).await?;
        if let (Some(scope), Some(session)) = (Scope::current(), &session) {
            scope.learn(&self.store, session);
        }
        Ok(session)
    }

    /// The id of the live session that the request has loaded or created, of the first where there are several; none
    /// outside of a scope. For frameworks that keep it to themselves.
    #[must_use]
    pub fn loaded(&self) -> Option<String> {
        Scope::current()?.live(&self.store)
    }

    /// Within a scope, [`update`](Self::update). Outside, [`set`](PgStore::set), which inserts too.
    ///
    /// # Errors
    /// See [`PgStore::update`].
    pub async fn save(
        &self,
        id: &str,
        data: &(impl Serialize + ?Sized),
        ttl: impl Into<Option<Duration>>,
    ) -> Result<()> {
        match Scope::current() {
            Some(_) => self.update(id, data, ttl).await.map(drop),
            None => self.store.set(id, data, ttl).await,
        }
    }

    /// Updates the session against what this request has loaded or saved last. Where it has done neither, and outside
    /// of a scope, against what is there now. Never inserts: what is gone, or deleted by this request, is `Gone`.
    ///
    /// # Errors
    /// See [`PgStore::update`].
    pub async fn update(
        &self,
        id: &str,
        data: &(impl Serialize + ?Sized),
        ttl: impl Into<Option<Duration>>,
    ) -> Result<Updated> {
        if let Some(scope) = Scope::current() {
            return self.update_within(&scope, id, &to_json(data)?, ttl.into()).await;
        }
        match self.store.get(id).await? {
            Some(base) => self.store.update(&base, data, ttl).await,
            None => Ok(Updated::Gone.counted()),
        }
    }

    /// Creates a session, and answers its id: the one given, unless that is taken.
    ///
    /// Within a scope that has deleted a session which it had loaded, this is its successor, under the id that the row
    /// has already. Not so if the given id is the deleted one, or that was deleted twice: it was ended, not renewed.
    ///
    /// # Errors
    /// See [`PgStore::create`] and [`PgStore::update`].
    pub async fn create(
        &self,
        id: &str,
        data: &(impl Serialize + ?Sized),
        ttl: impl Into<Option<Duration>>,
    ) -> Result<String> {
        match Scope::current() {
            Some(scope) => self.create_within(&scope, id, &to_json(data)?, ttl.into()).await,
            None => self.insert(id, data, ttl.into()).await,
        }
    }

    /// Deletes the session: its id is dead when this returns.
    ///
    /// # Errors
    /// See [`PgStore::rotate`] and [`PgStore::destroy`].
    pub async fn delete(&self, id: &str) -> Result<()> {
        match Scope::current() {
            Some(scope) => self.delete_within(&scope, id).await,
            None => self.store.destroy(id).await.map(drop),
        }
    }

    /// Under this id, or under another one where it is taken.
    async fn insert(&self, id: &str, data: &(impl Serialize + ?Sized), ttl: Option<Duration>) -> Result<String> {
        let mut id = id.to_owned();
        while self.store.create(&id, data, ttl).await? == Created::Exists {
            id = (self.new_id)();
        }
        Ok(id)
    }
}
