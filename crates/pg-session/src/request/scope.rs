//! What one request knows of its sessions, and what is left to do when it ends.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;

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
}

/// The sessions that a request knows: one, or a few.
#[derive(Default)]
pub(super) struct Scope(Mutex<Vec<Known>>);

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

    pub(super) fn state(&self, store: &PgStore, id: &str) -> Option<State> {
        self.known().iter().find(|known| known.is(store, id)).map(|known| known.state.clone())
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
            Some(known) => known.state = state,
            None => all.push(Known { store: store.clone(), id: id.to_owned(), state }),
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
            State::Moved { to, base } => Some((known.id.clone(), Session::known(to, base.clone()))),
            _ => None,
        })
    }

    fn first_left(&self) -> Option<Left> {
        self.known().iter().find_map(Known::left)
    }

    fn known(&self) -> MutexGuard<'_, Vec<Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The request was dropped before its end, or what is left could not be destroyed.
impl Drop for Scope {
    fn drop(&mut self) {
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

    fn left(&self) -> Option<Left> {
        let (to, arrived) = match &self.state {
            State::Moving { to } => (to, false),
            State::Moved { to, .. } => (to, true),
            State::Live { .. } | State::Lost { .. } | State::Deleted => return None,
        };
        Some(Left { store: self.store.clone(), id: self.id.clone(), to: to.clone(), arrived })
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
