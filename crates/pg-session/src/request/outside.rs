//! What the calls of a middleware come to where no scope has seen the load: the base of a save is found by the data.

use std::sync::Once;
use std::time::Duration;

use super::RequestStore;
use super::bases::{Base, base_of};
use super::scope::{Scope, State};
use crate::error::Result;
use crate::ops::{self, Updated};
use crate::session::{Encoded, Session};

impl RequestStore {
    pub(super) async fn update_outside(&self, id: &str, data: &Encoded, ttl: Option<Duration>) -> Result<Updated> {
        warn_once();
        let base = match self.base(id, data) {
            Some(base) => Some(Session::from_parts(id, base.json)),
            None => self.store.get(id).await?,
        };
        let updated = match base {
            Some(base) => ops::update(self.store.core(), &base, data.clone(), ttl).await?,
            None => Updated::Gone.counted(),
        };
        match updated {
            Updated::Gone => self.shared.bases.forget(id),
            Updated::Saved | Updated::Merged | Updated::Unchanged => self.shared.saved(id, data, self.map),
        }
        Ok(updated)
    }

    /// The scope learns what was loaded outside of it, such as by a handler on another task.
    pub(super) fn learn_from_outside(&self, scope: &Scope, id: &str, data: &Encoded) {
        if scope.state(&self.store, id).is_none() {
            warn_once();
            if let Some(base) = self.base(id, data) {
                scope.set(&self.store, id, State::Live { base: base.json });
            }
        }
    }

    fn base(&self, id: &str, data: &Encoded) -> Option<Base> {
        let base = base_of(self.shared.bases(id), data, self.map)?;
        self.shared.bases.saved(id, &base);
        Some(base)
    }
}

fn warn_once() {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(
            "a session was saved outside the request scope that loaded it: changes by concurrent requests may be lost. \
             tower: RequestScopeLayer::around(SessionManagerLayer::new(store)). actix-web: \
             RequestScope::around(SessionMiddleware::new(store, key)). In a spawned task, a stream or a WebSocket: \
             load, change and save within RequestStore::scope. A CachingSessionStore hides the load: use the store itself"
        );
    });
}
