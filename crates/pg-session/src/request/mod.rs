//! The store as session middlewares use it, where each call knows nothing of the one before: what one request has seen
//! of its sessions is remembered here, so that its saves are updates and its renewals rotations.

mod bases;
mod outside;
mod scope;
mod within;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::error::Result;
use crate::ops::{self, Created, Updated};
use crate::session::{Encoded, Session};
use crate::store::PgStore;
use scope::{Scope, Shared};

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
/// # Outside a scope
///
/// A save outside the scope that loaded the session is an update too, and warns once per process. This happens where the
/// scope is missing or misplaced, and in whatever outlives the request: a spawned task, a stream, a WebSocket.
///
/// The store remembers what was loaded outside scopes, and what a request knew at its end, for up to 10 minutes: the last
/// 4,096 loads, and 4 MiB. A save finds the load that it was made from by the map that the middleware holds, where the adapter
/// says which one that is: see [`saving_from`](Self::saving_from). For a map that it does not know, such as a copy, it
/// takes the load with the fewest differences in top-level keys, and of equal ones the newest.
///
/// It is not quite as good as a scope:
///
/// - A save from a map that it does not know may be taken for no change where it restores what a key was before: one
///   request has added the key, and another removes it.
/// - A save whose load was forgotten, or made by another store, replaces what is stored now.
/// - A renewal of the id makes a new row, with a new age for [`max_age`](crate::PgStoreBuilder::max_age): changes by others in that
///   moment are lost, and so is a logout.
/// - The data of a session that another process has ended stays in memory for these 10 minutes, and in a store that is not
///   used until its next call.
///
/// # Tasks, streams and WebSockets
///
/// What lives longer than its request should load the session again for each change, in a scope of its own:
///
/// ```no_run
/// # use std::time::Duration;
/// # use pg_session::{RequestStore, Result};
/// # use serde_json::{Map, Value};
/// # async fn job(store: RequestStore, id: &str) -> Result<()> {
/// RequestStore::scope(async {
///     // There is none if the visitor logged out meanwhile.
///     let Some(session) = store.load(id).await? else { return Ok(()) };
///     let mut data: Map<String, Value> = session.decode()?;
///     data.insert("progress".to_owned(), 100.into());
///     store.save(id, &data, Duration::from_secs(3600)).await
/// })
/// .await?
/// # }
/// ```
///
/// The same in short, without a scope, is [`PgStore::get`] followed by [`PgStore::update`].
///
/// Cheap to clone: clones are handles to one store.
///
/// # Errors
/// Every method may fail as the verbs of [`PgStore`] do.
#[derive(Clone, Debug)]
pub struct RequestStore {
    store: PgStore,
    new_id: fn() -> String,
    shared: Arc<Shared>,
    map: Option<u64>,
}

impl RequestStore {
    /// Sessions in `store`. `new_id` makes the ids: at least 128 bits from a cryptographically secure generator.
    #[must_use]
    pub fn new(store: PgStore, new_id: fn() -> String) -> Self {
        let shared = Arc::new(Shared::new(store.clone()));
        Self { store, new_id, shared, map: None }
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
        if let Some(session) = &session {
            match self.current_scope() {
                Some(scope) => scope.learn(&self.store, session),
                None => self.shared.loaded(session),
            }
        }
        Ok(session)
    }

    /// Says that a session which was just loaded is now held in this map. `map` is a number that identifies the map as
    /// long as it lives, for a middleware that keeps it and saves from it: see [`saving_from`](Self::saving_from).
    pub fn decoded_into(&self, session: &Session, map: u64) {
        match self.current_scope() {
            Some(scope) => scope.identify(&self.store, session.id(), map),
            None => self.shared.bases.identify(session.id(), session.json(), map),
        }
    }

    /// A handle for the saves of this map. A save that no scope knows about finds the load that it was made from by it.
    #[must_use]
    pub fn saving_from(&self, map: impl Into<Option<u64>>) -> Self {
        Self { map: map.into(), ..self.clone() }
    }

    /// The id of the live session that the request has loaded or created, of the first where there are several; none
    /// outside of a scope. For frameworks that keep it to themselves.
    #[must_use]
    pub fn current_id(&self) -> Option<String> {
        Scope::current()?.live(&self.store)
    }

    /// An [`update`](Self::update), for middlewares that do not ask for the outcome.
    ///
    /// # Errors
    /// See [`PgStore::update`].
    pub async fn save(
        &self,
        id: &str,
        data: &(impl Serialize + ?Sized),
        ttl: impl Into<Option<Duration>>,
    ) -> Result<()> {
        self.update(id, data, ttl).await.map(drop)
    }

    /// Updates the session against what this request has loaded or saved last; outside the scope of a request, against
    /// the load that the data was made from. Where there is neither, against what is there now, so that `data` replaces
    /// it. Never inserts: what is gone, or deleted by this request, is `Gone`.
    ///
    /// # Errors
    /// See [`PgStore::update`].
    pub async fn update(
        &self,
        id: &str,
        data: &(impl Serialize + ?Sized),
        ttl: impl Into<Option<Duration>>,
    ) -> Result<Updated> {
        let (data, ttl) = (self.store.encode(data)?, ttl.into());
        let Some(scope) = self.current_scope() else { return self.update_outside(id, &data, ttl).await };
        self.learn_from_outside(&scope, id, &data);
        let updated = self.update_within(&scope, id, &data, ttl).await?;
        self.identify_within(&scope, id);
        Ok(updated)
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
        let (data, ttl) = (self.store.encode(data)?, ttl.into());
        match self.current_scope() {
            Some(scope) => {
                let id = self.create_within(&scope, id, &data, ttl).await?;
                self.identify_within(&scope, &id);
                Ok(id)
            }
            None => {
                let id = self.insert(id, &data, ttl).await?;
                self.shared.saved(&id, &data, self.map);
                Ok(id)
            }
        }
    }

    /// Deletes the session: its id is dead when this returns.
    ///
    /// # Errors
    /// See [`PgStore::rotate`] and [`PgStore::destroy`].
    pub async fn delete(&self, id: &str) -> Result<()> {
        match self.current_scope() {
            Some(scope) => self.delete_within(&scope, id).await?,
            None => self.store.destroy(id).await.map(drop)?,
        }
        self.shared.bases.forget(id);
        Ok(())
    }

    fn identify_within(&self, scope: &Scope, id: &str) {
        if let Some(map) = self.map {
            scope.identify(&self.store, id, map);
        }
    }

    fn current_scope(&self) -> Option<Arc<Scope>> {
        let scope = Scope::current()?;
        scope.register(&self.shared);
        Some(scope)
    }

    /// Under this id, or under another one where it is taken.
    async fn insert(&self, id: &str, data: &Encoded, ttl: Option<Duration>) -> Result<String> {
        let mut id = id.to_owned();
        while ops::create(self.store.core(), &id, data.clone(), ttl).await? == Created::Exists {
            id = (self.new_id)();
        }
        Ok(id)
    }
}
