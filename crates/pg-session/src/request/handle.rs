//! A handle to the store, with what the calls within and outside of scopes share.

use std::sync::Arc;
use std::time::Duration;

use super::scope::{Scope, Shared};
use crate::error::Result;
use crate::ops::{self, Created};
use crate::session::{Encoded, Session};
use crate::store::PgStore;

#[derive(Clone, Debug)]
pub(super) struct Handle {
    pub(super) store: PgStore,
    pub(super) new_id: fn() -> String,
    pub(super) shared: Arc<Shared>,
    /// The map from which the middleware saves, if the adapter identifies it.
    pub(super) map: Option<u64>,
}

impl Handle {
    pub(super) fn new(store: PgStore, new_id: fn() -> String) -> Self {
        let shared = Arc::new(Shared::new(store.clone()));
        Self { store, new_id, shared, map: None }
    }

    pub(super) fn with_map(&self, map: Option<u64>) -> Self {
        Self { map, ..self.clone() }
    }

    pub(super) fn current_scope(&self) -> Option<Arc<Scope>> {
        let scope = Scope::current()?;
        scope.register(&self.shared);
        Some(scope)
    }

    pub(super) fn current_id(&self) -> Option<String> {
        Scope::current()?.live_id(&self.store)
    }

    pub(super) fn loaded(&self, session: &Session) {
        match self.current_scope() {
            Some(scope) => scope.loaded(&self.store, session),
            None => self.shared.loaded(session),
        }
    }

    pub(super) fn identify(&self, session: &Session, map: u64) {
        match self.current_scope() {
            Some(scope) => scope.identify(&self.store, session.id(), map),
            None => self.shared.bases.identify(session.id(), session.json(), map),
        }
    }

    pub(super) fn forget(&self, id: &str) {
        self.shared.bases.forget(id);
    }

    /// Creates a session under `id`, or under a new id if `id` is taken. Returns its id.
    pub(super) async fn insert(&self, id: &str, data: &Encoded, ttl: Option<Duration>) -> Result<String> {
        let mut id = id.to_owned();
        while self.store.run(ops::create(self.store.core(), &id, data.clone(), ttl)).await? == Created::Exists {
            id = (self.new_id)();
        }
        Ok(id)
    }
}
