//! What one request knows of its sessions, and what is left to do when it ends.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use smallvec::SmallVec;
use tokio::runtime::Handle;

use super::bases::{Base, Bases};
use crate::error::Result;
use crate::session::Session;
use crate::store::PgStore;

tokio::task_local! {
    static SCOPE: Arc<Scope>;
}

/// What the request knows of a session.
#[derive(Clone)]
pub(super) enum State {
    /// It was there, with this data.
    Live { base: String },
    /// Others have ended it, and this request has added nothing to this data yet.
    Lost { base: String },
    /// This request has deleted it.
    Deleted,
    /// As before; perhaps its row has this id now, which nobody knows.
    Moving { to: String },
    /// As before; its row waits under that id for the session that is created next.
    Moved { to: String, base: String },
}

struct Known {
    store: PgStore,
    id: String,
    state: State,
    /// That the request holds the data in.
    map: Option<u64>,
    /// Other maps of the request, and the base of each: what was loaded twice may be saved twice.
    earlier: Vec<(u64, String)>,
}

/// The sessions that a request knows: one, or a few.
#[derive(Default)]
pub(super) struct Scope {
    known: Mutex<Vec<Known>>,
    registrations: Mutex<SmallVec<[Registration; 1]>>,
}

/// What all clones of a [`RequestStore`](super::RequestStore) share: what is known of sessions that are saved outside of
/// the scope which loaded them.
pub(super) struct Shared {
    store: PgStore,
    pub(super) bases: Bases,
    scopes: Mutex<Scopes>,
}

/// The scopes that have not ended yet.
#[derive(Default)]
struct Scopes {
    slots: Vec<Weak<Scope>>,
    free: Vec<usize>,
}

/// A scope has a slot in a store.
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
        while let Some(left) = scope.first_left() {
            left.destroy().await?;
            scope.set(&left.store, &left.id, State::Deleted);
        }
        Ok(response)
    }

    /// From now on, saves outside of the scope know what it knows of the store's sessions.
    pub(super) fn register(self: &Arc<Self>, shared: &Arc<Shared>) {
        let mut registrations = self.registrations.lock().unwrap_or_else(PoisonError::into_inner);
        if !registrations.iter().any(|registration| Arc::ptr_eq(&registration.shared, shared)) {
            let slot = shared.scopes().add(Arc::downgrade(self));
            registrations.push(Registration { shared: Arc::clone(shared), slot });
        }
    }

    /// The request holds a session's data in this map.
    pub(super) fn identify(&self, store: &PgStore, id: &str, map: u64) {
        if let Some(known) = self.known().iter_mut().find(|known| known.is(store, id)) {
            known.map = Some(map);
            known.earlier.retain(|(earlier, _)| *earlier != map);
        }
    }

    /// A task that shares a map with the request has saved it.
    fn saved_elsewhere(&self, store: &PgStore, id: &str, data: &str, map: u64) {
        for known in self.known().iter_mut().filter(|known| known.is(store, id)) {
            if let Some((_, base)) = known.earlier.iter_mut().find(|(earlier, _)| *earlier == map) {
                data.clone_into(base);
            } else if let (State::Live { base }, true) = (&mut known.state, known.map == Some(map)) {
                data.clone_into(base);
            }
        }
    }

    fn base(&self, store: &PgStore, id: &str) -> Option<Base> {
        self.known().iter().find(|known| known.is(store, id)).and_then(Known::base)
    }

    pub(super) fn state(&self, store: &PgStore, id: &str) -> Option<State> {
        self.known().iter().find(|known| known.is(store, id)).map(|known| known.state.clone())
    }

    /// The same for a save from this map: what was loaded into it, where the request has loaded the session again since.
    pub(super) fn state_of(&self, store: &PgStore, id: &str, map: Option<u64>) -> Option<State> {
        let all = self.known();
        let known = all.iter().find(|known| known.is(store, id))?;
        let earlier = known.earlier.iter().find(|(earlier, _)| known.is_live() && map == Some(*earlier));
        Some(earlier.map_or_else(|| known.state.clone(), |(_, base)| State::Live { base: base.clone() }))
    }

    /// The id of the first session that lives, as far as the request knows.
    pub(super) fn live(&self, store: &PgStore) -> Option<String> {
        let all = self.known();
        let live = all.iter().find(|known| known.store.is(store) && matches!(known.state, State::Live { .. }));
        live.map(|known| known.id.clone())
    }

    pub(super) fn set(&self, store: &PgStore, id: &str, state: State) {
        let mut all = self.known();
        match all.iter_mut().find(|known| known.is(store, id)) {
            Some(known) => known.set(state),
            None => {
                let (store, id) = (store.clone(), id.to_owned());
                all.push(Known { store, id, state, map: None, earlier: Vec::new() });
            }
        }
    }

    /// The request has loaded this session. If it has deleted it before, that stands.
    pub(super) fn learn(&self, store: &PgStore, session: &Session) {
        if matches!(self.state(store, session.id()), None | Some(State::Live { .. } | State::Lost { .. })) {
            self.set(store, session.id(), State::Live { base: session.json().to_owned() });
        }
    }

    /// What the request has deleted goes over to no other session. Answers whether it has deleted it.
    pub(super) fn end(&self, store: &PgStore, id: &str) -> bool {
        match self.state(store, id) {
            Some(State::Moved { to, .. }) => {
                self.set(store, id, State::Moving { to });
                true
            }
            state => matches!(state, Some(State::Deleted | State::Moving { .. })),
        }
    }

    /// The id that a session had, and the session as it waits for the one that is created next.
    pub(super) fn moved(&self, store: &PgStore) -> Option<(String, Session)> {
        self.known().iter().filter(|known| known.store.is(store)).find_map(|known| match &known.state {
            State::Moved { to, base } => Some((known.id.clone(), Session::from_parts(to, base.clone()))),
            _ => None,
        })
    }

    fn first_left(&self) -> Option<Left> {
        self.known().iter().find_map(Known::left)
    }

    fn known(&self) -> MutexGuard<'_, Vec<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whatever the request has spawned may hold its sessions, and save them later. If the request was dropped before its
/// end, or what is left could not be destroyed, that is done now.
impl Drop for Scope {
    fn drop(&mut self) {
        let registrations = self.registrations.get_mut().unwrap_or_else(PoisonError::into_inner);
        for Registration { shared, slot } in std::mem::take(registrations) {
            shared.scopes().remove(slot);
            // Of two handles to one store that were not cloned from each other, the first remembers.
            for known in self.known().extract_if(.., |known| known.is_live() && known.store.is(&shared.store)) {
                for (map, json) in known.earlier {
                    shared.bases.remember(known.id.clone(), Base { json, map: Some(map), is_unsaved: true });
                }
                if let State::Live { base } = known.state {
                    shared.bases.remember(known.id, Base { json: base, map: known.map, is_unsaved: true });
                }
            }
        }
        let left: Vec<_> = self.known().iter().filter_map(Known::left).collect();
        if let (false, Ok(runtime)) = (left.is_empty(), Handle::try_current()) {
            runtime.spawn(async move {
                for left in left {
                    if let Err(error) = left.destroy().await {
                        tracing::warn!("a session that a request has deleted lives on until it expires: {error}");
                    }
                }
            });
        }
    }
}

impl Known {
    fn is(&self, store: &PgStore, id: &str) -> bool {
        self.id == id && self.store.is(store)
    }

    fn set(&mut self, state: State) {
        let before = std::mem::replace(&mut self.state, state);
        if let (State::Live { base }, State::Live { .. }, Some(map)) = (before, &self.state, self.map.take()) {
            self.earlier.push((map, base));
        }
    }

    fn is_live(&self) -> bool {
        matches!(self.state, State::Live { .. })
    }

    fn base(&self) -> Option<Base> {
        let State::Live { base } = &self.state else { return None };
        Some(Base { json: base.clone(), map: self.map, is_unsaved: true })
    }

    fn left(&self) -> Option<Left> {
        let (to, arrived) = match &self.state {
            State::Moving { to } => (to, false),
            State::Moved { to, .. } => (to, true),
            State::Live { .. } | State::Lost { .. } | State::Deleted => return None,
        };
        Some(Left { store: self.store.clone(), id: self.id.clone(), to: to.clone(), arrived })
    }
}

impl Shared {
    pub(super) fn new(store: PgStore) -> Self {
        Self { store, bases: Bases::default(), scopes: Mutex::default() }
    }

    /// What a session's data was when it was loaded or saved, the newest first.
    pub(super) fn bases(&self, id: &str) -> Vec<Base> {
        let mut bases: Vec<_> = self.active().iter().filter_map(|scope| scope.base(&self.store, id)).collect();
        bases.append(&mut self.bases.of(id));
        bases
    }

    /// The session was loaded outside of all scopes.
    pub(super) fn loaded(&self, session: &Session) {
        let base = Base { json: session.json().to_owned(), map: None, is_unsaved: true };
        self.bases.remember(session.id().to_owned(), base);
    }

    /// The data was saved, from this map and outside of all scopes.
    pub(super) fn saved(&self, id: &str, data: &str, map: Option<u64>) {
        if let Some(map) = map {
            self.active().iter().for_each(|scope| scope.saved_elsewhere(&self.store, id, data, map));
        }
        self.bases.remember(id.to_owned(), Base { json: data.to_owned(), map, is_unsaved: false });
    }

    /// Of each that is dropped meanwhile, this is the last owner: no lock is held then.
    fn active(&self) -> Vec<Arc<Scope>> {
        self.scopes().slots.iter().filter_map(Weak::upgrade).collect()
    }

    fn scopes(&self) -> MutexGuard<'_, Scopes> {
        self.scopes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows no data.
impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bases.fmt(f)
    }
}

impl Scopes {
    fn add(&mut self, scope: Weak<Scope>) -> usize {
        match self.free.pop() {
            Some(slot) => {
                self.slots[slot] = scope;
                slot
            }
            None => {
                self.slots.push(scope);
                self.slots.len() - 1
            }
        }
    }

    fn remove(&mut self, slot: usize) {
        self.slots[slot] = Weak::new();
        self.free.push(slot);
    }
}

/// A row that no session of the request goes on with.
struct Left {
    store: PgStore,
    id: String,
    to: String,
    arrived: bool,
}

impl Left {
    async fn destroy(&self) -> Result<()> {
        if !self.arrived {
            // Whatever is still on its way finds nothing then, or is there when this returns.
            self.store.destroy(&self.id).await?;
        }
        self.store.destroy(&self.to).await.map(drop)
    }
}
