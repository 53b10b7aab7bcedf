//! What the calls of a middleware come to within the scope of a request.

use std::time::Duration;

use super::RequestStore;
use super::scope::{Scope, State};
use crate::error::Result;
use crate::merge::{Reader, RenewalPlan, plan_renewal};
use crate::ops::{self, Rotated, Updated};
use crate::session::{Encoded, Session};

impl RequestStore {
    pub(super) async fn update_within(
        &self,
        scope: &Scope,
        id: &str,
        data: &Encoded,
        ttl: Option<Duration>,
    ) -> Result<Updated> {
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
            scope.set(&self.store, id, State::Live { base: data.to_string() });
        }
        Ok(updated)
    }

    pub(super) async fn create_within(
        &self,
        scope: &Scope,
        id: &str,
        data: &Encoded,
        ttl: Option<Duration>,
    ) -> Result<String> {
        let id = if scope.end(&self.store, id) { (self.new_id)() } else { id.to_owned() };
        let Some((old, row)) = scope.moved(&self.store) else {
            let id = self.insert(&id, data, ttl).await?;
            scope.set(&self.store, &id, State::Live { base: data.to_string() });
            return Ok(id);
        };
        let id = if plan_renewal(row.reader(), row.json(), Some(row.json()), data, &[]) == RenewalPlan::Fresh {
            // What others have put into the old session meanwhile is not for this one; its age is.
            ops::set(self.store.core(), row.id(), data.clone(), ttl).await?;
            scope.set(&self.store, row.id(), State::Live { base: data.to_string() });
            row.id().to_owned()
        } else if ops::update(self.store.core(), &row, data.clone(), ttl).await? == Updated::Gone {
            self.store_added(scope, &id, row.json(), data, ttl).await?.unwrap_or(id)
        } else {
            scope.set(&self.store, row.id(), State::Live { base: data.to_string() });
            row.id().to_owned()
        };
        scope.set(&self.store, &old, State::Deleted);
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
            // Before it goes: a request that is dropped meanwhile must know where the row may be.
            scope.set(&self.store, id, State::Moving { to: to.clone() });
            match self.store.rotate(id, &to).await {
                Ok(Rotated::Exists) => {}
                // Of one that is gone there is no row there either: that comes out when a session is to take it over.
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

    /// Of a session that others have ended, stores what this request itself has added, if anything. Answers its id.
    async fn store_added(
        &self,
        scope: &Scope,
        id: &str,
        base: &str,
        data: &Encoded,
        ttl: Option<Duration>,
    ) -> Result<Option<String>> {
        let (added, base) = (plan_renewal(Reader::Serde, base, None, data, &[]), data.to_string());
        let RenewalPlan::Store(added) = added else {
            scope.set(&self.store, id, State::Lost { base });
            return Ok(None);
        };
        let id = self.insert(id, &self.store.checked(added)?, ttl).await?;
        scope.set(&self.store, &id, State::Live { base });
        Ok(Some(id))
    }
}
