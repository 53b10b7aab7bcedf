//! The sessions that one request knows, and the work that is left at its end.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use smallvec::SmallVec;
use tokio::runtime::Handle as Runtime;

use super::base_cache::{Base, BaseCache};
use super::tracked::{Orphan, State, TrackedSession};
use crate::error::Result;
use crate::session::Session;
use crate::store::PgStore;

tokio::task_local! {
    static SCOPE: Arc<Scope>;
}

/// The sessions that a request knows: one, or a few.
#[derive(Default)]
pub(super) struct Scope {
    tracked: Mutex<Vec<TrackedSession>>,
    registrations: Mutex<SmallVec<[Registration; 1]>>,
}

/// The state that all clones of a [`RequestStore`](super::RequestStore) share, for saves outside the scope that loaded
/// the session.
pub(super) struct Shared {
    store: PgStore,
    pub(super) bases: BaseCache,
    scopes: Mutex<ActiveScopes>,
}

/// The scopes that have not ended.
#[derive(Default)]
struct ActiveScopes {
    slots: Vec<Weak<Scope>>,
    free: Vec<usize>,
}

/// The slot of a scope in a store.
struct Registration {
    shared: Arc<Shared>,
    slot: usize,
}

impl Scope {
    pub(super) fn current() -> Option<Arc<Self>> {
        SCOPE.try_with(Arc::clone).ok()
    }

    pub(super) async fn run<T>(request: impl Future<Output = T>) -> Result<T> {
        if Self::current().is_some() {
            return Ok(request.await);
        }
        let scope = Arc::new(Self::default());
        let response = SCOPE.scope(Arc::clone(&scope), request).await;
        while let Some(orphan) = scope.first_orphan() {
            orphan.destroy().await?;
            scope.set(&orphan.store, &orphan.id, State::Deleted);
        }
        Ok(response)
    }

    /// Lets saves outside of this scope find what it knows about the sessions of the store.
    pub(super) fn register(self: &Arc<Self>, shared: &Arc<Shared>) {
        let mut registrations = self.registrations.lock().unwrap_or_else(PoisonError::into_inner);
        if !registrations.iter().any(|registration| Arc::ptr_eq(&registration.shared, shared)) {
            let slot = shared.scopes().add(Arc::downgrade(self));
            registrations.push(Registration { shared: Arc::clone(shared), slot });
        }
    }

    /// Records the map in which the request holds the data of a session.
    pub(super) fn identify(&self, store: &PgStore, id: &str, map: u64) {
        if let Some(session) = self.tracked().iter_mut().find(|session| session.is(store, id)) {
            session.identify(map);
        }
    }

    pub(super) fn state(&self, store: &PgStore, id: &str) -> Option<State> {
        self.find(store, id, |session| session.state.clone())
    }

    pub(super) fn state_of(&self, store: &PgStore, id: &str, map: Option<u64>) -> Option<State> {
        self.find(store, id, |session| session.state_of(map))
    }

    /// Returns the id of the first session that the request considers live.
    pub(super) fn live_id(&self, store: &PgStore) -> Option<String> {
        let tracked = self.tracked();
        let live = tracked.iter().find(|session| session.store.is(store) && session.is_live());
        live.map(|session| session.id.clone())
    }

    pub(super) fn set(&self, store: &PgStore, id: &str, state: State) {
        let mut tracked = self.tracked();
        match tracked.iter_mut().find(|session| session.is(store, id)) {
            Some(session) => session.set(state),
            None => tracked.push(TrackedSession::new(store.clone(), id.to_owned(), state)),
        }
    }

    /// Records a load by the request, unless the request has deleted the session.
    pub(super) fn loaded(&self, store: &PgStore, session: &Session) {
        if matches!(self.state(store, session.id()), None | Some(State::Live { .. } | State::Lost { .. })) {
            self.set(store, session.id(), State::Live { base: session.json().to_owned() });
        }
    }

    /// Ends a session that the request has deleted: no created session takes over its row. Returns whether the request
    /// has deleted it.
    pub(super) fn end(&self, store: &PgStore, id: &str) -> bool {
        match self.state(store, id) {
            Some(State::Moved { to, .. }) => {
                self.set(store, id, State::Moving { to });
                true
            }
            state => matches!(state, Some(State::Deleted | State::Moving { .. })),
        }
    }

    /// Returns the old id of a deleted session, and the session as it waits for a created one to take it over.
    pub(super) fn moved(&self, store: &PgStore) -> Option<(String, Session)> {
        let tracked = self.tracked();
        let mut moved = tracked.iter().filter(|session| session.store.is(store));
        moved.find_map(|session| Some((session.id.clone(), session.moved()?)))
    }

    fn saved_elsewhere(&self, store: &PgStore, id: &str, data: &str, map: u64) {
        if let Some(session) = self.tracked().iter_mut().find(|session| session.is(store, id)) {
            session.saved_elsewhere(data, map);
        }
    }

    fn base(&self, store: &PgStore, id: &str) -> Option<Base> {
        self.find(store, id, |session| {
            let State::Live { base } = &session.state else { return None };
            Some(Base { json: base.clone(), map: session.map, is_unsaved: true })
        })?
    }

    fn first_orphan(&self) -> Option<Orphan> {
        self.tracked().iter().find_map(TrackedSession::orphan)
    }

    fn find<T>(&self, store: &PgStore, id: &str, read: impl FnOnce(&TrackedSession) -> T) -> Option<T> {
        self.tracked().iter().find(|session| session.is(store, id)).map(read)
    }

    fn tracked(&self) -> MutexGuard<'_, Vec<TrackedSession>> {
        self.tracked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands the bases over to the stores, because spawned tasks may hold the sessions and save them later. Destroys the
/// orphans in the background: there are some if the request was dropped, or if destroying them has failed before.
impl Drop for Scope {
    fn drop(&mut self) {
        let registrations = self.registrations.get_mut().unwrap_or_else(PoisonError::into_inner);
        for Registration { shared, slot } in std::mem::take(registrations) {
            shared.scopes().remove(slot);
            // Of two `RequestStore`s on one `PgStore` that are not clones of each other, the first gets the bases.
            let is_ours = |session: &mut TrackedSession| session.is_live() && session.store.is(&shared.store);
            for session in self.tracked().extract_if(.., is_ours) {
                for (map, json) in session.earlier {
                    shared.bases.remember(session.id.clone(), Base { json, map: Some(map), is_unsaved: true });
                }
                if let State::Live { base } = session.state {
                    shared.bases.remember(session.id, Base { json: base, map: session.map, is_unsaved: true });
                }
            }
        }
        let orphans: Vec<_> = self.tracked().iter().filter_map(TrackedSession::orphan).collect();
        if let (false, Ok(runtime)) = (orphans.is_empty(), Runtime::try_current()) {
            runtime.spawn(async move {
                for orphan in orphans {
                    if let Err(error) = orphan.destroy().await {
                        let error = &error as &dyn Error;
                        tracing::warn!(error, "failed to destroy a deleted session: its row stays until it expires");
                    }
                }
            });
        }
    }
}

impl Shared {
    pub(super) fn new(store: PgStore) -> Self {
        Self { store, bases: BaseCache::default(), scopes: Mutex::default() }
    }

    /// Returns the data of a session as it was loaded or saved, the newest first.
    pub(super) fn bases(&self, id: &str) -> Vec<Base> {
        let mut bases: Vec<_> = self.active().iter().filter_map(|scope| scope.base(&self.store, id)).collect();
        bases.append(&mut self.bases.of(id));
        bases
    }

    /// Records a load outside of all scopes.
    pub(super) fn loaded(&self, session: &Session) {
        let base = Base { json: session.json().to_owned(), map: None, is_unsaved: true };
        self.bases.remember(session.id().to_owned(), base);
    }

    /// Records a save outside of all scopes.
    pub(super) fn saved(&self, id: &str, json: String, map: Option<u64>) {
        if let Some(map) = map {
            self.active().iter().for_each(|scope| scope.saved_elsewhere(&self.store, id, &json, map));
        }
        self.bases.remember(id.to_owned(), Base { json, map, is_unsaved: false });
    }

    /// Returns owned handles, because a scope that ends in the meantime is dropped with them, and its drop takes the
    /// locks.
    fn active(&self) -> Vec<Arc<Scope>> {
        self.scopes().slots.iter().filter_map(Weak::upgrade).collect()
    }

    fn scopes(&self) -> MutexGuard<'_, ActiveScopes> {
        self.scopes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Omits the data.
impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bases.fmt(f)
    }
}

impl ActiveScopes {
    fn add(&mut self, scope: Weak<Scope>) -> usize {
        if let Some(slot) = self.free.pop() {
            self.slots[slot] = scope;
            return slot;
        }
        self.slots.push(scope);
        self.slots.len() - 1
    }

    fn remove(&mut self, slot: usize) {
        self.slots[slot] = Weak::new();
        self.free.push(slot);
    }
}
