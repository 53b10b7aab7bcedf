//! The calls of a middleware without a scope that has seen the load.

use std::sync::Once;
use std::time::Duration;

use super::base_cache::Base;
use super::base_choice::choose_base;
use super::handle::Handle;
use super::scope::Scope;
use super::tracked::State;
use crate::error::Result;
use crate::ops::{self, Updated, offload};
use crate::session::{Encoded, Session};

impl Handle {
    pub(super) async fn update_outside(&self, id: &str, data: Encoded, ttl: Option<Duration>) -> Result<Updated> {
        warn_once();
        let base = match self.base(id, &data).await? {
            Some(base) => Some(Session::from_parts(id, base.json)),
            None => self.store.get(id).await?,
        };
        let updated = match base {
            Some(base) => ops::update(self.store.core(), &base, data.clone(), ttl).await?,
            None => Updated::Gone.counted(),
        };
        match updated {
            Updated::Gone => self.forget(id),
            Updated::Saved | Updated::Merged | Updated::Unchanged => {
                self.shared.saved(id, data.into_string(), self.map);
            }
        }
        Ok(updated)
    }

    pub(super) async fn create_outside(&self, id: &str, data: Encoded, ttl: Option<Duration>) -> Result<String> {
        let id = self.insert(id, &data, ttl).await?;
        self.shared.saved(&id, data.into_string(), self.map);
        Ok(id)
    }

    /// Records in the scope the base of a session that was loaded outside of it, such as by a handler on another task.
    pub(super) async fn learn_from_outside(&self, scope: &Scope, id: &str, data: &Encoded) -> Result<()> {
        if scope.state(&self.store, id).is_none() {
            warn_once();
            if let Some(base) = self.base(id, data).await? {
                scope.set(&self.store, id, State::Live { base: base.json });
            }
        }
        Ok(())
    }

    /// Returns the base from which `data` was made, and marks it as saved.
    async fn base(&self, id: &str, data: &Encoded) -> Result<Option<Base>> {
        let (bases, data, map) = (self.shared.bases(id), data.clone(), self.map);
        let bytes = bases.iter().map(|base| base.json.len()).sum::<usize>() + data.len();
        let base = Box::pin(offload(bytes, move || choose_base(bases, &data, map))).await?;
        if let Some(base) = &base {
            self.shared.bases.mark_saved(id, base);
        }
        Ok(base)
    }
}

fn warn_once() {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(
            "a session was saved outside the request scope that loaded it: changes by concurrent requests may be lost. \
             tower: use RequestScopeLayer::around(SessionManagerLayer::new(store)). actix-web: use \
             RequestScope::around(SessionMiddleware::new(store, key)). In a spawned task, a stream or a WebSocket: \
             load, change and save within RequestStore::scope. With a CachingSessionStore: use the store without it, \
             because it hides the loads"
        );
    });
}
