use pg_session::{PgStore, RequestStore};
use tower_sessions_core::session::Id;

/// A [`PgStore`] as the session store of tower-sessions. Cheap to clone: clones share one store.
///
/// Under a [`RequestScopeLayer`](crate::RequestScopeLayer), a save updates the session that the request has loaded.
/// Without one, it updates the load from which it was made, if the store still remembers that load: see
/// [`RequestStore`]. A save never inserts, because tower-sessions creates sessions by `create`.
///
/// The data is a JSON object with its keys in sorted order. An expiry date is converted to the time that is left until
/// then, so that the clocks of the web server and the database need not agree.
///
/// # No cache in front
///
/// Do not put this store behind a `CachingSessionStore`. The cache returns sessions that other processes have changed or
/// ended: after a logout, a user stays logged in wherever the session is cached. The cache also hides the loads from this
/// store, so that a save may overwrite changes by others. Such a save logs a warning once, and never brings a destroyed
/// session back. A cache saves little, because the store reads in batches.
///
/// # Errors
///
/// Every method can fail with `Backend`, with the message of the store's [`Error`](pg_session::Error). Writes fail with
/// `Encode` if the data cannot be stored, such as data over `max_size`. Loads fail with `Decode` if the data cannot be
/// read, such as data that is not a JSON object. The message says what is wrong.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> pg_session_tower::pg_session::Result<()> {
/// use pg_session_tower::{PgStore, TowerStore};
/// use tower_sessions::SessionManagerLayer;
///
/// let store = PgStore::new("postgres://app@localhost/app")?;
/// let sessions = SessionManagerLayer::new(TowerStore::new(store));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct TowerStore(pub(crate) RequestStore);

impl TowerStore {
    /// Creates a session store with its sessions in `store`. Does not call [`PgStore::setup`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> pg_session_tower::pg_session::Result<()> {
    /// use pg_session_tower::{PgStore, TowerStore};
    ///
    /// let store = PgStore::builder("postgres://app@localhost/app").subject("user.id").build()?;
    /// store.setup().await?;
    /// let sessions = TowerStore::new(store);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn new(store: PgStore) -> Self {
        Self(RequestStore::new(store, || Id::default().to_string()))
    }

    /// Returns the store with the sessions, for operations that tower-sessions does not have.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use pg_session_tower::{TowerStore, pg_session::Result};
    /// # use tower_sessions::Session;
    /// # async fn example(sessions: TowerStore, session: Session, user: &str) -> Result<()> {
    /// // Log out everywhere else.
    /// let id = session.id().map(|id| id.to_string());
    /// sessions.pg_store().destroy_sessions_of(user, id.as_deref()).await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn pg_store(&self) -> &PgStore {
        self.0.pg_store()
    }
}

impl From<PgStore> for TowerStore {
    fn from(store: PgStore) -> Self {
        Self::new(store)
    }
}
