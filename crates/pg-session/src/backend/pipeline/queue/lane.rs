//! What the queue knows of a lane: its stage, and what it has in flight.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::time::Instant;

use super::kind::Kind;
use crate::backend::command::Statement;
use crate::backend::pipeline::call::Call;

/// What the task of a lane does.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Stage {
    /// There is no task: it has not been spawned, or its runtime has ended.
    #[default]
    Absent,
    /// The task waits to be notified. It may have calls in flight.
    Waiting,
    /// The task was notified, and has not run yet.
    Notified,
    /// The task is about to take calls, or connects.
    Working,
}

#[derive(Default)]
pub(super) struct LaneState {
    pub(super) stage: Stage,
    /// Whether it has a connection.
    pub(super) is_online: bool,
    /// Whether the connection has answered a call.
    pub(super) has_answered: bool,
    /// Whether its task waits to learn whether the connection still reaches the server.
    pub(super) is_probing: bool,
    pub(super) in_flight: VecDeque<InFlight>,
    /// Whether what it has in flight was refused before, because of a lock.
    pub(super) tries_locked: bool,
    /// How many such groups it has sent since it last sent other calls.
    pub(super) locked_in_a_row: usize,
}

/// A batch in flight.
pub(super) struct InFlight {
    statement: Arc<Statement>,
    pub(super) keys: Vec<u64>,
    /// When the lane took it.
    pub(super) since: Instant,
    /// Whether it takes so long that no other call of its kind should wait for it.
    pub(super) is_slow: bool,
}

impl InFlight {
    pub(super) fn new(statement: &Arc<Statement>, calls: &[Call]) -> Self {
        let keys = calls.iter().map(|call| call.key).collect();
        Self { statement: Arc::clone(statement), keys, since: Instant::now(), is_slow: false }
    }

    pub(super) fn statement(&self) -> &Arc<Statement> {
        &self.statement
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn into_keys(self) -> Vec<u64> {
        self.keys
    }
}

impl LaneState {
    pub(super) fn is_idle(&self) -> bool {
        self.in_flight.is_empty()
    }

    pub(super) fn is_connecting(&self) -> bool {
        !self.is_online && matches!(self.stage, Stage::Notified | Stage::Working)
    }

    /// Returns whether its task looks for calls without being notified.
    pub(super) fn looks_by_itself(&self) -> bool {
        self.is_online && self.is_idle() && self.stage != Stage::Waiting && !self.is_probing
    }

    /// Returns how many calls it has in flight.
    pub(super) fn calls_in_flight(&self) -> usize {
        self.in_flight.iter().map(InFlight::len).sum()
    }

    /// Returns whether everything that it has in flight is of this kind.
    pub(super) fn serves_only(&self, kind: &Kind) -> bool {
        self.in_flight.iter().all(|batch| kind.is_of(batch.statement()))
    }

    /// Returns whether nothing that it has in flight waits for the disk.
    pub(super) fn awaits_no_wal_flush(&self) -> bool {
        self.in_flight.iter().all(|batch| batch.statement().no_wal_flush)
    }

    pub(super) fn is_slow(&self) -> bool {
        self.in_flight.iter().any(|batch| batch.is_slow)
    }

    /// Returns whether it has a connection that nothing else should wait for.
    pub(super) fn is_stuck(&self) -> bool {
        self.is_online && self.is_slow()
    }

    /// Removes the batch that has a call on this key.
    pub(super) fn remove_batch(&mut self, key: u64) -> Option<InFlight> {
        let at = self.in_flight.iter().position(|batch| batch.keys.contains(&key))?;
        self.in_flight.remove(at)
    }
}
