//! The state of one session in a request.

use crate::error::Result;
use crate::session::Session;
use crate::store::PgStore;

/// What the request knows about a session.
#[derive(Clone)]
pub(super) enum State {
    /// The session existed, with this data.
    Live { base: String },
    /// Another request has ended the session, and this one has added nothing to this data.
    Lost { base: String },
    /// This request has deleted the session.
    Deleted,
    /// This request has deleted the session. Its row may have the secret id `to`.
    Moving { to: String },
    /// This request has deleted the session. Its row has the secret id `to` until a created session takes it over.
    Moved { to: String, base: String },
}

pub(super) struct TrackedSession {
    pub(super) store: PgStore,
    pub(super) id: String,
    pub(super) state: State,
    /// The map in which the request holds the data.
    pub(super) map: Option<u64>,
    /// Other maps of the request with the base of each: a session that was loaded twice may be saved twice.
    pub(super) earlier: Vec<(u64, String)>,
}

impl TrackedSession {
    pub(super) fn new(store: PgStore, id: String, state: State) -> Self {
        Self { store, id, state, map: None, earlier: Vec::new() }
    }

    pub(super) fn is(&self, store: &PgStore, id: &str) -> bool {
        self.id == id && self.store.is(store)
    }

    pub(super) fn is_live(&self) -> bool {
        matches!(self.state, State::Live { .. })
    }

    pub(super) fn set(&mut self, state: State) {
        let before = std::mem::replace(&mut self.state, state);
        if let (State::Live { base }, State::Live { .. }, Some(map)) = (before, &self.state, self.map.take()) {
            self.earlier.push((map, base));
        }
    }

    pub(super) fn identify(&mut self, map: u64) {
        self.map = Some(map);
        self.earlier.retain(|(earlier, _)| *earlier != map);
    }

    /// Replaces the base of `map` after a save by a task that shares the map with the request.
    pub(super) fn saved_elsewhere(&mut self, data: &str, map: u64) {
        if let Some((_, base)) = self.earlier.iter_mut().find(|(earlier, _)| *earlier == map) {
            data.clone_into(base);
        } else if let (State::Live { base }, true) = (&mut self.state, self.map == Some(map)) {
            data.clone_into(base);
        }
    }

    /// Returns the state for a save from `map`. If the request has loaded the session again since it filled the map, the
    /// base is the earlier load.
    pub(super) fn state_of(&self, map: Option<u64>) -> State {
        let earlier = self.earlier.iter().find(|(earlier, _)| self.is_live() && map == Some(*earlier));
        earlier.map_or_else(|| self.state.clone(), |(_, base)| State::Live { base: base.clone() })
    }

    /// Returns the deleted session as it waits for a created one to take it over.
    pub(super) fn moved(&self) -> Option<Session> {
        match &self.state {
            State::Moved { to, base } => Some(Session::from_parts(to, base.clone())),
            _ => None,
        }
    }

    pub(super) fn orphan(&self) -> Option<Orphan> {
        let (to, has_moved) = match &self.state {
            State::Moving { to } => (to, false),
            State::Moved { to, .. } => (to, true),
            State::Live { .. } | State::Lost { .. } | State::Deleted => return None,
        };
        Some(Orphan { store: self.store.clone(), id: self.id.clone(), to: to.clone(), has_moved })
    }
}

/// The row of a deleted session that no created session has taken over.
pub(super) struct Orphan {
    pub(super) store: PgStore,
    pub(super) id: String,
    to: String,
    has_moved: bool,
}

impl Orphan {
    pub(super) async fn destroy(&self) -> Result<()> {
        if !self.has_moved {
            // A rotation that is still in flight then finds no row, or it is complete when this returns.
            self.store.destroy(&self.id).await?;
        }
        self.store.destroy(&self.to).await.map(drop)
    }
}
