//! The operations on many sessions.

use super::PgStore;
use crate::error::Result;
use crate::ops;
use crate::session::Session;

impl PgStore {
    /// Returns the live sessions of a subject, the last to expire first: those with this value at the path of the option
    /// [`subject`](crate::PgStoreBuilder::subject). A string is compared as it is, anything else as JSON: `7`, `true`.
    ///
    /// # Errors
    /// `Configuration`: the option is not set. Otherwise see [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> pg_session::Result<()> {
    /// let store = pg_session::PgStore::builder("postgres://app@localhost/app").subject("user.id").build()?;
    /// println!("user 7 is logged in {} times", store.sessions_of("7").await?.len());
    /// # Ok(()) }
    /// ```
    pub async fn sessions_of(&self, subject: &str) -> Result<Vec<Session>> {
        self.run(ops::sessions_of(self.core(), subject)).await
    }

    /// Deletes the sessions of a subject, as [`sessions_of`](Self::sessions_of) finds them, in one statement. Returns how
    /// many of them were live. `except` is an id to keep: "log out everywhere else".
    ///
    /// # Errors
    /// `Configuration`: the option [`subject`](crate::PgStoreBuilder::subject) is not set. Otherwise see [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore, current_id: &str) -> pg_session::Result<()> {
    /// let logged_out = store.destroy_sessions_of("7", Some(current_id)).await?;
    /// # Ok(()) }
    /// ```
    pub async fn destroy_sessions_of(&self, subject: &str, except: Option<&str>) -> Result<u64> {
        self.run(ops::destroy_sessions_of(self.core(), subject, except)).await
    }

    /// Deletes the session of a subject that has this [`handle`](Session::handle). Returns whether there was a live one.
    ///
    /// Pass the user who asks as the subject: only that user's sessions are searched, so nobody can end the session of someone
    /// else. A session that gets a new id in the meantime has another handle, and lives on.
    ///
    /// # Errors
    /// `Configuration`: the option [`subject`](crate::PgStoreBuilder::subject) is not set. Otherwise see [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore, handle_from_the_form: &str) -> pg_session::Result<()> {
    /// if store.destroy_handle("7", handle_from_the_form).await? {
    ///     println!("the device is signed out");
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn destroy_handle(&self, subject: &str, handle: &str) -> Result<bool> {
        self.run(ops::destroy_handle(self.core(), subject, handle)).await
    }

    /// Returns all live sessions, in the order of their ids. They are read in pages, so the result is not a snapshot.
    ///
    /// # Errors
    /// See [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore) -> pg_session::Result<()> {
    /// for session in store.all().await? {
    ///     println!("{}", session.json());
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn all(&self) -> Result<Vec<Session>> {
        self.run(ops::all(self.core())).await
    }

    /// Returns the number of live sessions. Reads the whole table.
    ///
    /// # Errors
    /// See [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore) -> pg_session::Result<()> {
    /// println!("{} sessions", store.count().await?);
    /// # Ok(()) }
    /// ```
    pub async fn count(&self) -> Result<u64> {
        self.run(ops::count(self.core())).await
    }

    /// Deletes all sessions in small slices, so that all users are logged out. A session that is created in the meantime
    /// may remain.
    ///
    /// # Errors
    /// See [`PgStore`]. If it fails halfway, some sessions are deleted.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore) -> pg_session::Result<()> {
    /// store.clear().await?;
    /// # Ok(()) }
    /// ```
    pub async fn clear(&self) -> Result<()> {
        self.run(ops::clear(self.core())).await
    }

    /// Deletes the expired sessions in small slices, and returns how many. Stops early if another process sweeps the table.
    ///
    /// The store does this by itself every [`cleanup_interval`](crate::PgStoreBuilder::cleanup_interval).
    ///
    /// # Errors
    /// The error of the first slice that failed. After an error of the kind `Database`, the sweep continues with half of
    /// the slice, skips a session that cannot be deleted, and ends after 1,000 of them. Otherwise see [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore) -> pg_session::Result<()> {
    /// println!("deleted {} expired sessions", store.sweep().await?);
    /// # Ok(()) }
    /// ```
    pub async fn sweep(&self) -> Result<u64> {
        self.run(ops::sweep(self.core())).await
    }
}
