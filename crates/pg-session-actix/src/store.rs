use actix_session::storage::generate_session_key;
use pg_session::{PgStore, RequestStore};

/// A [`PgStore`] as the session store of actix-session. Cheap to clone: clones share one store.
///
/// Under a [`RequestScope`](crate::RequestScope), an update merges with changes since the request loaded the session, and
/// `renew` moves the session in one atomic statement. Without one, an update merges with changes since the load from
/// which its data was made, if the store still remembers that load: see [`RequestStore`]. If the session has ended, an
/// update saves nothing under any key, and neither an update nor a touch is an error.
///
/// The data is a JSON object with its keys in sorted order and its values as JSON, so that other frameworks can share the
/// table.
///
/// # Errors
///
/// Every method can fail with `Other`, whose source is the store's [`Error`](pg_session::Error). Writes fail with
/// `Serialization` if the data cannot be stored, such as data over `max_size`. Loads fail with `Deserialization` if the
/// data is not a JSON object; actix-session then starts with an empty session.
///
/// # Examples
///
/// ```no_run
/// # async fn example(key: actix_web::cookie::Key) -> pg_session_actix::pg_session::Result<()> {
/// use actix_session::SessionMiddleware;
/// use pg_session_actix::{ActixStore, PgStore};
///
/// let store = PgStore::new("postgres://app@localhost/app")?;
/// let sessions = SessionMiddleware::new(ActixStore::new(store), key);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct ActixStore(pub(crate) RequestStore);

impl ActixStore {
    /// Creates a session store with its sessions in `store`. Does not call [`PgStore::setup`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> pg_session_actix::pg_session::Result<()> {
    /// use pg_session_actix::{ActixStore, PgStore};
    ///
    /// let store = PgStore::builder("postgres://app@localhost/app").subject("user.id").build()?;
    /// store.setup().await?;
    /// let sessions = ActixStore::new(store);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn new(store: PgStore) -> Self {
        Self(RequestStore::new(store, || generate_session_key().into()))
    }

    /// Returns the store with the sessions, for operations that actix-session does not have.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(sessions: pg_session_actix::ActixStore) -> pg_session_actix::pg_session::Result<()> {
    /// println!("{} sessions are alive", sessions.pg_store().count().await?);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn pg_store(&self) -> &PgStore {
        self.0.pg_store()
    }

    /// Returns the id of this request's session, which actix-session itself does not show. Returns `None` outside a
    /// [`RequestScope`](crate::RequestScope), and if the request has no live session.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use pg_session_actix::{ActixStore, pg_session::Result};
    /// # async fn example(sessions: ActixStore, user: &str) -> Result<()> {
    /// // Log out everywhere else.
    /// sessions.pg_store().destroy_sessions_of(user, sessions.session_id().as_deref()).await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn session_id(&self) -> Option<String> {
        self.0.current_id()
    }
}

impl From<PgStore> for ActixStore {
    fn from(store: PgStore) -> Self {
        Self::new(store)
    }
}
