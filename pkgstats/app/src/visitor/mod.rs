//! Who makes a request, and what the session keeps of them.
//!
//! A session begins once there is something to keep. What it keeps are maps, never lists: pg-session merges the changes of
//! concurrent requests by key.

mod kept;
pub(crate) mod user;

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use crate::error::Error;

pub(crate) use kept::{Kept, now};
pub(crate) use user::User;

const USER: &str = "user";
const DEVICE: &str = "device";

/// The device that a session belongs to.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Device {
    pub(crate) label: String,
    /// When it signed in, in seconds since 1970.
    pub(crate) since: u64,
}

/// The visitor of a request.
pub(crate) struct Visitor {
    session: Session,
    /// The path of the page that is asked for, or of the start page if something is changed.
    page: String,
    pub(crate) user: Option<User>,
}

impl Visitor {
    /// Returns the user, or the error for pages that need one.
    pub(crate) fn signed_in(&self) -> Result<&User, Error> {
        self.user.as_ref().ok_or_else(|| Error::SignedOut { back: self.page.clone() })
    }

    /// Returns the id of the session, if there is one.
    pub(crate) fn session_id(&self) -> Option<String> {
        self.session.id().map(|id| id.to_string())
    }

    /// Returns whether there is a session. Without one, nothing is kept for convenience alone.
    pub(crate) fn has_session(&self) -> bool {
        self.session.id().is_some()
    }

    /// Returns what the session keeps of this kind.
    pub(crate) async fn kept(&self, kind: Kept) -> Result<kept::Map, Error> {
        Ok(self.session.get(kind.key()).await?.unwrap_or_default())
    }

    /// Keeps a name, or no longer.
    pub(crate) async fn keep(&self, kind: Kept, name: &str, is_kept: bool) -> Result<(), Error> {
        let mut map = self.kept(kind).await?;
        let is_changed = if is_kept { kind.add(&mut map, name, now()) } else { map.remove(name).is_some() };
        if is_changed {
            self.session.insert(kind.key(), map).await?;
        }
        Ok(())
    }

    /// Signs in. The session gets a new id, so that nobody else has it.
    pub(crate) async fn sign_in(&mut self, user: User, device: String) -> Result<(), Error> {
        self.session.cycle_id().await?;
        self.session.remove_value(Kept::Starred.key()).await?;
        self.session.insert(DEVICE, Device { label: device, since: now() }).await?;
        self.session.insert(USER, &user).await?;
        self.user = Some(user);
        Ok(())
    }

    /// Ends the session.
    pub(crate) async fn sign_out(self) -> Result<(), Error> {
        Ok(self.session.flush().await?)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let session = Session::from_request_parts(parts, state).await.map_err(|_| Error::NoSessionLayer)?;
        // Finds out whether the session exists.
        let user = session.get(USER).await?;
        let is_page = parts.method == Method::GET;
        let page = if is_page { parts.uri.path().to_owned() } else { "/".to_owned() };
        Ok(Self { session, page, user })
    }
}
