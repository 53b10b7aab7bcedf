//! The store for session middlewares, which identify a session only by its id. `RequestStore` links the calls of one
//! request: a save becomes an update of what the request loaded, and a renewal of the id becomes a rotation.

mod base_cache;
mod base_choice;
mod handle;
mod outside;
mod scope;
mod tracked;
mod within;

use std::time::Duration;

use serde::Serialize;

use crate::error::Result;
use crate::ops::Updated;
use crate::session::{Encoded, Session};
use crate::store::PgStore;
use handle::Handle;
use scope::Scope;

/// A [`PgStore`] for adapters of session middlewares, which load, save, create and delete sessions by their ids.
///
/// Within a [`scope`](Self::scope), one per request, it remembers the sessions that the request has loaded:
///
/// - A save is an [`update`](PgStore::update) of the loaded session. Changes by other requests are kept, and a session
///   that another request has destroyed is not created again.
/// - Middlewares renew an id by a deletion and a creation. Together these are a [`rotate`](PgStore::rotate). The old id
///   is invalid when `delete` returns, and the created session takes over the row with all its columns. In between, the
///   row has a secret id. If no session is created by the end of the scope, the row is deleted.
/// - If two requests renew one session concurrently, one of them wins. The session of the other has only the data that
///   this request has added. If it has added nothing, there is no row.
///
/// Cheap to clone: clones share one store.
///
/// # Outside a scope
///
/// A save outside the scope that loaded the session is an update too, and logs a warning once per process. It happens if
/// the scope is missing or misplaced, and in code that outlives the request: a spawned task, a stream, a WebSocket.
///
/// For such saves the store remembers what was loaded outside of scopes, and what each scope knew at its end, for up to
/// 10 minutes: the last 4,096 loads, or 4 MiB. A save finds its load by the map in which the middleware holds the data,
/// if the adapter identifies that map: see [`saving_from`](Self::saving_from). For an unknown map, such as a copy, the
/// store takes the load with the fewest differences in top-level keys, and of equal ones the newest.
///
/// Such saves have limits that a scope does not have:
///
/// - A save from an unknown map may count as no change if it restores an earlier state of a key: one request has added
///   the key, and another one removes it.
/// - A save replaces the stored data if the store has forgotten the load, or if another store made it.
/// - A renewal of the id creates a new row, with a new age for [`max_age`](crate::PgStoreBuilder::max_age). Concurrent
///   changes by others are lost, and so is a concurrent logout.
/// - The data of a session that another process has ended stays in memory for 10 minutes, and after that until the next
///   call of the store.
///
/// # Tasks, streams and WebSockets
///
/// Code that outlives its request should load the session again for each change, in a scope of its own:
///
/// ```no_run
/// # use std::time::Duration;
/// # use pg_session::{RequestStore, Result};
/// # use serde_json::{Map, Value};
/// # async fn job(store: RequestStore, id: &str) -> Result<()> {
/// RequestStore::scope(async {
///     // There is none if the user has logged out.
///     let Some(session) = store.load(id).await? else { return Ok(()) };
///     let mut data: Map<String, Value> = session.decode()?;
///     data.insert("progress".to_owned(), 100.into());
///     store.save(id, &data, Duration::from_hours(1)).await
/// })
/// .await?
/// # }
/// ```
///
/// [`PgStore::get`] and [`PgStore::update`] do the same without a scope.
///
/// # Errors
///
/// Every method can fail like the operations of [`PgStore`].
#[derive(Clone, Debug)]
pub struct RequestStore(Handle);

impl RequestStore {
    /// Creates a store with its sessions in `store`. `new_id` returns a new id: at least 128 bits from a
    /// cryptographically secure generator.
    ///
    /// # Examples
    ///
    /// ```
    /// use pg_session::{PgStore, RequestStore};
    ///
    /// /// A `SessionStore` for the session middleware of a framework.
    /// struct MiddlewareStore(RequestStore);
    ///
    /// impl MiddlewareStore {
    ///     fn new(store: PgStore, new_id: fn() -> String) -> Self {
    ///         Self(RequestStore::new(store, new_id))
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn new(store: PgStore, new_id: fn() -> String) -> Self {
        Self(Handle::new(store, new_id))
    }

    /// Returns the store with the sessions.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::RequestStore, id: &str) -> pg_session::Result<()> {
    /// use std::time::Duration;
    ///
    /// store.pg_store().touch(id, Duration::from_hours(1)).await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn pg_store(&self) -> &PgStore {
        &self.0.store
    }

    /// Runs a request, and then destroys the sessions that it has deleted and not renewed. If the request is dropped
    /// before its end, a background task on the current tokio runtime destroys them.
    ///
    /// The scope belongs to the task: what the request spawns is outside of it. A scope within a scope is a part of it.
    ///
    /// # Errors
    ///
    /// The first failure to destroy a session: see [`PgStore::destroy`].
    ///
    /// # Examples
    ///
    /// A middleware opens the scope around everything that loads and saves the session:
    ///
    /// ```no_run
    /// # async fn call(request: String) -> String { request }
    /// # async fn example(request: String) -> pg_session::Result<()> {
    /// use pg_session::RequestStore;
    ///
    /// let response = RequestStore::scope(call(request)).await?;
    /// # Ok(()) }
    /// ```
    pub async fn scope<T>(request: impl Future<Output = T>) -> Result<T> {
        Scope::run(request).await
    }

    /// Returns the live session, or `None` if it has expired or does not exist.
    ///
    /// # Errors
    ///
    /// See [`PgStore::get`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::RequestStore, id: &str) -> pg_session::Result<()> {
    /// use serde_json::{Map, Value};
    ///
    /// let data: Map<String, Value> = match store.load(id).await? {
    ///     Some(session) => session.decode()?,
    ///     None => Map::new(),
    /// };
    /// # Ok(()) }
    /// ```
    pub async fn load(&self, id: &str) -> Result<Option<Session>> {
        let session = self.pg_store().get(id).await?;
        if let Some(session) = &session {
            self.0.loaded(session);
        }
        Ok(session)
    }

    /// Records that the middleware holds the data of a session that was just loaded in this map.
    ///
    /// `map` is a number that identifies the map as long as it lives. It is for a middleware that keeps the map and
    /// saves from it: see [`saving_from`](Self::saving_from).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use pg_session::{RequestStore, Result};
    /// use std::collections::HashMap;
    /// use std::hash::BuildHasher;
    ///
    /// use serde_json::Value;
    ///
    /// /// Each `HashMap` has a hasher of its own, which it keeps when it is moved or changed.
    /// fn identity(data: &HashMap<String, Value>) -> u64 {
    ///     data.hasher().hash_one(())
    /// }
    ///
    /// async fn load(store: &RequestStore, id: &str) -> Result<Option<HashMap<String, Value>>> {
    ///     let Some(session) = store.load(id).await? else { return Ok(None) };
    ///     let data = session.decode()?;
    ///     store.decoded_into(&session, identity(&data));
    ///     Ok(Some(data))
    /// }
    /// ```
    pub fn decoded_into(&self, session: &Session, map: u64) {
        self.0.identify(session, map);
    }

    /// Returns a handle that saves from this map, which [`decoded_into`](Self::decoded_into) has identified. By the map,
    /// a save outside a scope finds the load from which it was made. `None` stands for an unknown map.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use pg_session::{RequestStore, Result};
    /// # use std::time::Duration;
    /// use std::collections::HashMap;
    /// use std::hash::BuildHasher;
    ///
    /// use serde_json::Value;
    ///
    /// async fn save(store: &RequestStore, id: &str, data: &HashMap<String, Value>) -> Result<()> {
    ///     let map = data.hasher().hash_one(());
    ///     store.saving_from(map).save(id, data, Duration::from_hours(1)).await
    /// }
    /// ```
    #[must_use]
    pub fn saving_from(&self, map: impl Into<Option<u64>>) -> Self {
        Self(self.0.with_map(map.into()))
    }

    /// Returns the id of the live session that the request has loaded or created, or of the first one if there are
    /// several. Returns `None` outside a scope. It is for frameworks that do not show the id.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::RequestStore) -> pg_session::Result<()> {
    /// if let Some(id) = store.current_id() {
    ///     // Log out everywhere else.
    ///     store.pg_store().destroy_sessions_of("user-7", Some(&id)).await?;
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn current_id(&self) -> Option<String> {
        self.0.current_id()
    }

    /// Saves a session by an [`update`](Self::update) whose outcome does not matter to the middleware.
    ///
    /// # Errors
    ///
    /// See [`PgStore::update`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::RequestStore, id: &str) -> pg_session::Result<()> {
    /// use std::time::Duration;
    ///
    /// store.save(id, &serde_json::json!({"user": 7}), Duration::from_hours(1)).await?;
    /// # Ok(()) }
    /// ```
    pub async fn save(
        &self,
        id: &str,
        data: &(impl Serialize + ?Sized),
        ttl: impl Into<Option<Duration>>,
    ) -> Result<()> {
        self.update(id, data, ttl).await.map(drop)
    }

    /// Updates the session that this request has loaded, or its last save. Outside a scope, updates the load from which
    /// `data` was made.
    ///
    /// If neither is known, `data` replaces what is stored. Never inserts: the outcome is `Gone` if the session does not
    /// exist, or if this request has deleted it.
    ///
    /// # Errors
    ///
    /// See [`PgStore::update`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::RequestStore, id: &str) -> pg_session::Result<()> {
    /// use std::time::Duration;
    ///
    /// use pg_session::Updated;
    ///
    /// let data = serde_json::json!({"user": 7});
    /// if store.update(id, &data, Duration::from_hours(1)).await? == Updated::Gone {
    ///     // Remove the cookie: another request has logged out.
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn update(
        &self,
        id: &str,
        data: &(impl Serialize + ?Sized),
        ttl: impl Into<Option<Duration>>,
    ) -> Result<Updated> {
        let (data, ttl) = (Encoded::new(data)?, ttl.into());
        match self.0.current_scope() {
            Some(scope) => self.0.update_within(&scope, id, data, ttl).await,
            None => self.0.update_outside(id, data, ttl).await,
        }
    }

    /// Creates a session, and returns its id: `id`, or a new one if `id` is taken.
    ///
    /// If the request has deleted a session that it had loaded, the new session is its successor: it takes over the row,
    /// under the id that the row has now. There is no successor if `id` is the deleted id, or if the session was deleted
    /// twice: then the request has ended the session, not renewed it.
    ///
    /// # Errors
    ///
    /// See [`PgStore::create`] and [`PgStore::update`].
    ///
    /// # Examples
    ///
    /// A login renews the id:
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::RequestStore, old: &str, new: &str) -> pg_session::Result<()> {
    /// use std::time::Duration;
    ///
    /// store.delete(old).await?;
    /// let id = store.create(new, &serde_json::json!({"user": 7}), Duration::from_hours(1)).await?;
    /// // Set the cookie to `id`, which need not be `new`.
    /// # Ok(()) }
    /// ```
    pub async fn create(
        &self,
        id: &str,
        data: &(impl Serialize + ?Sized),
        ttl: impl Into<Option<Duration>>,
    ) -> Result<String> {
        let (data, ttl) = (Encoded::new(data)?, ttl.into());
        match self.0.current_scope() {
            Some(scope) => self.0.create_within(&scope, id, data, ttl).await,
            None => self.0.create_outside(id, data, ttl).await,
        }
    }

    /// Deletes the session. Its id is invalid when this returns.
    ///
    /// # Errors
    ///
    /// See [`PgStore::rotate`] and [`PgStore::destroy`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::RequestStore, id: &str) -> pg_session::Result<()> {
    /// store.delete(id).await?;
    /// # Ok(()) }
    /// ```
    pub async fn delete(&self, id: &str) -> Result<()> {
        match self.0.current_scope() {
            Some(scope) => self.0.delete_within(&scope, id).await?,
            None => self.pg_store().destroy(id).await.map(drop)?,
        }
        self.0.forget(id);
        Ok(())
    }
}
