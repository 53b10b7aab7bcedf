//! The operations on one session.

use std::time::Duration;

use serde::Serialize;

use super::PgStore;
use crate::error::Result;
use crate::ops::{self, Created, Renewal, Rotated, Updated};
use crate::session::{Encoded, Session};

impl PgStore {
    /// Returns the live session, or `None` if it expired or does not exist. Never writes. No session has an id that cannot be
    /// stored, such as one in a forged cookie.
    ///
    /// # Errors
    /// See [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore, id: &str) -> pg_session::Result<()> {
    /// if let Some(session) = store.get(id).await? {
    ///     println!("{} lives for another {:?}", session.json(), session.expires_in());
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn get(&self, id: &str) -> Result<Option<Session>> {
        self.run(ops::get(self.core(), id)).await
    }

    /// Inserts or replaces the session in one atomic statement. The last write wins; to keep what others change
    /// concurrently, use [`update`](Self::update).
    ///
    /// # Errors
    /// `TooLarge`: the data is over `max_size`; nothing was sent. Otherwise see [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore, id: &str) -> pg_session::Result<()> {
    /// store.set(id, &serde_json::json!({"user": 7}), std::time::Duration::from_secs(3600)).await?;
    /// # Ok(()) }
    /// ```
    pub async fn set(
        &self,
        id: &str,
        data: &(impl Serialize + ?Sized),
        ttl: impl Into<Option<Duration>>,
    ) -> Result<()> {
        self.run(ops::set(self.core(), id, Encoded::new(data)?, ttl.into())).await
    }

    /// Inserts the session unless a live one has this id.
    ///
    /// # Errors
    /// `TooLarge`: the data is over `max_size`; nothing was sent. Otherwise see [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore, new_id: fn() -> String) -> pg_session::Result<()> {
    /// use pg_session::Created;
    ///
    /// let mut id = new_id();
    /// while store.create(&id, &serde_json::json!({}), None).await? == Created::Exists {
    ///     id = new_id();
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn create(
        &self,
        id: &str,
        data: &(impl Serialize + ?Sized),
        ttl: impl Into<Option<Duration>>,
    ) -> Result<Created> {
        self.run(ops::create(self.core(), id, Encoded::new(data)?, ttl.into())).await
    }

    /// Replaces the data of a session that [`get`](Self::get) returned, merged with what others have changed since. Never
    /// inserts: an update does not bring a destroyed session back.
    ///
    /// The merge has three sides: `base`, `data`, and what is stored now. A value that only one side changed is that
    /// side's. Objects that both changed merge by key, at every depth. For arrays and all other values that both changed,
    /// the last write wins. What one side removed stays removed, whatever the other changed inside, and so does an object
    /// that was replaced by another value. Values nested deeper than 127 levels are replaced, not merged. A moved expiry
    /// is not a change.
    ///
    /// A change is what a reader of `base` can tell apart. What `data` holds as [`decode`](Session::decode) read it from
    /// `base` keeps its stored text, to the byte: an integer that was rounded to a double, or a value that was replaced
    /// to make the data readable. Numbers of another type (`1` for `1.0`) are a change. If others have changed an integer
    /// that `data` only turned into a double (`1.0` for `1`, as a field of type `f64` does), theirs is kept.
    ///
    /// Data without a change is not written; the update is then a [`touch`](Self::touch). Without a `ttl`, the session never
    /// expires earlier than before, as in a touch.
    ///
    /// # Errors
    /// `TooLarge`: the data is over `max_size`, by itself or merged. `Conflict`: other calls kept changing the session until
    /// the `timeout`. In both cases nothing was written. Otherwise see [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore, id: &str) -> pg_session::Result<()> {
    /// use pg_session::Updated;
    ///
    /// let Some(session) = store.get(id).await? else { return Ok(()) };
    /// let mut data: serde_json::Value = session.decode()?;
    /// data["cart"] = serde_json::json!(["book"]);
    /// if store.update(&session, &data, None).await? == Updated::Gone {
    ///     println!("logged out in the meantime");
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn update(
        &self,
        base: &Session,
        data: &(impl Serialize + ?Sized),
        ttl: impl Into<Option<Duration>>,
    ) -> Result<Updated> {
        self.run(ops::update(self.core(), base, Encoded::new(data)?, ttl.into())).await
    }

    /// Moves the expiry, and returns whether the session is live. Never inserts. Writes nothing while the stored expiry
    /// is within `touch_every` of the new one. Without a `ttl`, the session lives for at least the option
    /// [`ttl`](crate::PgStoreBuilder::ttl), and never expires earlier than before.
    ///
    /// A touch commits asynchronously, unless it shortens the session's life. A crash of the server may therefore undo
    /// the touches of its last moments (three times `wal_writer_delay`: 0.6 seconds by default), and a failover the
    /// touches that had not reached the standby.
    ///
    /// # Errors
    /// See [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore, id: &str) -> pg_session::Result<()> {
    /// let lives = store.touch(id, std::time::Duration::from_secs(3600)).await?;
    /// # Ok(()) }
    /// ```
    pub async fn touch(&self, id: &str, ttl: impl Into<Option<Duration>>) -> Result<bool> {
        self.run(ops::touch(self.core(), id, ttl.into())).await
    }

    /// Deletes the session, and returns whether it was live. Afterwards no update and no touch brings it back.
    ///
    /// # Errors
    /// See [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore, id: &str) -> pg_session::Result<()> {
    /// store.destroy(id).await?;
    /// # Ok(()) }
    /// ```
    pub async fn destroy(&self, id: &str) -> Result<bool> {
        self.run(ops::destroy(self.core(), id)).await
    }

    /// Deletes the session and returns it, in one atomic statement. Of several concurrent calls, one gets it.
    ///
    /// For frameworks that change an id by destroying the session and saving it again later: [`renew`](Self::renew) then
    /// stores it, with what others saved in the meantime. Otherwise, use [`rotate`](Self::rotate) to change the id.
    ///
    /// # Errors
    /// See [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore, id: &str) -> pg_session::Result<()> {
    /// if let Some(last) = store.take(id).await? {
    ///     println!("ended with {}", last.json());
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn take(&self, id: &str) -> Result<Option<Session>> {
        self.run(ops::take(self.core(), id)).await
    }

    /// Stores a session under a new id after a [`take`](Self::take) of the old one, in one atomic statement. Returns whether
    /// there was anything to store. With [`max_age`](crate::PgStoreBuilder::max_age), the session keeps its age.
    ///
    /// What others changed between the load and the `take` merges with `data` as in an [`update`](Self::update). Data without
    /// any key of the old session is stored as it is. If another request had ended the session, only what this request added
    /// itself is stored, if anything.
    ///
    /// # Errors
    /// `TooLarge`: the data is over `max_size`, by itself or merged. Otherwise see [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore, old: &str, new: &str) -> pg_session::Result<()> {
    /// use pg_session::Renewal;
    ///
    /// let Some(base) = store.get(old).await? else { return Ok(()) };
    /// let taken = store.take(old).await?;
    /// let renewal = Renewal { base: &base, taken: taken.as_ref(), own_keys: &["cookie"] };
    /// store.renew(new, &renewal, &serde_json::json!({"user": 7}), None).await?;
    /// # Ok(()) }
    /// ```
    pub async fn renew(
        &self,
        id: &str,
        renewal: &Renewal<'_>,
        data: &(impl Serialize + ?Sized),
        ttl: impl Into<Option<Duration>>,
    ) -> Result<bool> {
        self.run(ops::renew(self.core(), id, renewal, Encoded::new(data)?, ttl.into())).await
    }

    /// Gives the session a new id in one atomic statement. Data, expiry and age stay; the old id is invalid. Of several
    /// concurrent calls, one wins. Never overwrites a live session.
    ///
    /// Call it at every login, so that nobody who knew the old id can use the session of the user
    /// ([session fixation](https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html#renew-the-session-id-after-any-privilege-level-change)).
    ///
    /// # Errors
    /// See [`PgStore`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(store: pg_session::PgStore, old: &str, new: &str) -> pg_session::Result<()> {
    /// use pg_session::Rotated;
    ///
    /// match store.rotate(old, new).await? {
    ///     Rotated::Rotated => println!("send the cookie with the new id"),
    ///     Rotated::Exists => println!("try another id"),
    ///     Rotated::Gone => println!("start a new session"),
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn rotate(&self, old: &str, new: &str) -> Result<Rotated> {
        self.run(ops::rotate(self.core(), old, new)).await
    }
}
