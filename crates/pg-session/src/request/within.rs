//! The calls of a middleware within the scope of a request.

use std::time::Duration;

use super::handle::Handle;
use super::scope::Scope;
use super::tracked::State;
use crate::error::Result;
use crate::merge::{Reader, RenewalPlan};
use crate::ops::{self, Rotated, Updated};
use crate::session::{Encoded, Session};

impl Handle {
    pub(super) async fn update_within(
        &self,
        scope: &Scope,
        id: &str,
        data: Encoded,
        ttl: Option<Duration>,
    ) -> Result<Updated> {
        self.learn_from_outside(scope, id, &data).await?;
        let updated = self.update_tracked(scope, id, data, ttl).await?;
        self.identify_within(scope, id);
        Ok(updated)
    }

    pub(super) async fn create_within(
        &self,
        scope: &Scope,
        id: &str,
        data: Encoded,
        ttl: Option<Duration>,
    ) -> Result<String> {
        let id = self.create_tracked(scope, id, data, ttl).await?;
        self.identify_within(scope, &id);
        Ok(id)
    }

    pub(super) async fn delete_within(&self, scope: &Scope, id: &str) -> Result<()> {
        let base = match scope.state(&self.store, id) {
            Some(State::Live { base } | State::Lost { base }) => base,
            Some(_) => {
                scope.end(&self.store, id);
                return Ok(());
            }
            None => {
                self.store.destroy(id).await?;
                scope.set(&self.store, id, State::Deleted);
                return Ok(());
            }
        };
        loop {
            let to = (self.new_id)();
            // Before the call: if the request is dropped during the call, the scope must know where the row may be.
            scope.set(&self.store, id, State::Moving { to: to.clone() });
            match self.store.rotate(id, &to).await {
                Ok(Rotated::Exists) => {}
                // If the session is gone, there is no row at `to` either. The next update there finds that out.
                Ok(Rotated::Rotated | Rotated::Gone) => {
                    scope.set(&self.store, id, State::Moved { to, base });
                    return Ok(());
                }
                Err(error) => {
                    if !error.is_unanswered() {
                        scope.set(&self.store, id, State::Live { base });
                    }
                    return Err(error);
                }
            }
        }
    }

    async fn update_tracked(&self, scope: &Scope, id: &str, data: Encoded, ttl: Option<Duration>) -> Result<Updated> {
        let base = match scope.state_of(&self.store, id, self.map) {
            Some(State::Live { base }) => Session::from_parts(id, base),
            Some(State::Lost { base }) => {
                let stored = self.store_added(scope, id, &base, data, ttl).await?;
                return Ok(stored.map_or(Updated::Gone, |_| Updated::Saved));
            }
            Some(State::Deleted | State::Moving { .. } | State::Moved { .. }) => return Ok(Updated::Gone),
            None => match self.store.get(id).await? {
                Some(base) => base,
                None => return Ok(Updated::Gone.counted()),
            },
        };
        let updated = ops::update(self.store.core(), &base, data.clone(), ttl).await?;
        if updated != Updated::Gone {
            scope.set(&self.store, id, State::Live { base: data.into_string() });
        }
        Ok(updated)
    }

    async fn create_tracked(&self, scope: &Scope, id: &str, data: Encoded, ttl: Option<Duration>) -> Result<String> {
        let id = if scope.end(&self.store, id) { (self.new_id)() } else { id.to_owned() };
        let Some((old, row)) = scope.moved(&self.store) else {
            let id = self.insert(&id, &data, ttl).await?;
            scope.set(&self.store, &id, State::Live { base: data.into_string() });
            return Ok(id);
        };
        let plan = ops::plan_renewal(row.reader(), row.json(), Some(row.json()), &data, &[]).await?;
        let is_stored = if plan == RenewalPlan::Fresh {
            // Replaces what others have added to the old session, and keeps its age.
            ops::set(self.store.core(), row.id(), data.clone(), ttl).await?;
            true
        } else {
            ops::update(self.store.core(), &row, data.clone(), ttl).await? != Updated::Gone
        };
        let id = if is_stored {
            scope.set(&self.store, row.id(), State::Live { base: data.into_string() });
            row.id().to_owned()
        } else {
            self.store_added(scope, &id, row.json(), data, ttl).await?.unwrap_or(id)
        };
        scope.set(&self.store, &old, State::Deleted);
        Ok(id)
    }

    /// Stores what this request has added to a session that others have ended, if anything. Returns the new id.
    async fn store_added(
        &self,
        scope: &Scope,
        id: &str,
        base: &str,
        data: Encoded,
        ttl: Option<Duration>,
    ) -> Result<Option<String>> {
        let added = ops::plan_renewal(Reader::Serde, base, None, &data, &[]).await?;
        let base = data.into_string();
        let RenewalPlan::Store(added) = added else {
            scope.set(&self.store, id, State::Lost { base });
            return Ok(None);
        };
        let id = self.insert(id, &Encoded::from_json(added), ttl).await?;
        scope.set(&self.store, &id, State::Live { base });
        Ok(Some(id))
    }

    fn identify_within(&self, scope: &Scope, id: &str) {
        if let Some(map) = self.map {
            scope.identify(&self.store, id, map);
        }
    }
}
