//! Decides which calls a lane takes next, and how many. Pure functions of what is ready and what is in flight.
//!
//! Calls of one kind go together. Each kind has a lane of its own as long as there are enough: reads and touches do not wait
//! for the disk behind writes.

use super::kind::Kind;
use super::lane::LaneState;

/// The most calls in a batch, and the most bytes, so that no call waits long for its batch.
pub(super) const MAX_CALLS: usize = 256;
pub(super) const MAX_BYTES: usize = 1024 * 1024;

/// The places for calls that an empty queue keeps. More are freed after a rush.
pub(super) const MAX_KEPT: usize = 4 * MAX_CALLS;

/// Fewer calls are not worth a second batch: without a WAL flush, one on the same lane; with one, any at all.
///
/// Of 24, 48 and 96, 48 and 96 measured alike: `get`, `set`, `touch` of 256 callers at 1.00, 0.99, 1.05 of 48 with 96, and at
/// 0.97, 0.98, 1.00 with 24 (bench, 9 interleaved rounds, busy machine, slow disk).
const WORTH_A_BATCH: usize = 48;

/// The most lanes that one kind keeps busy.
///
/// With one instead of two, `get` and `touch` of 256 callers had 0.83 and 0.79 of the throughput, `set` and `update` 1.10 and 1.29
/// (same measurement: on a slow disk, fewer batches wait less often).
const LANES_PER_KIND: usize = 2;

/// Returns whether a lane should take calls of this kind now.
pub(super) fn wants(lanes: &[LaneState], kinds: &[Kind], lane: usize, kind: usize) -> bool {
    let (lane, kind) = (&lanes[lane], &kinds[kind]);
    let (ready, mine) = (kind.ready.len(), lane.calls_in_flight());
    if ready == 0 {
        false
    } else if mine > 0 {
        // A second batch of the same kind behind the first: PostgreSQL has it at hand. Not while another kind has no lane.
        lane.serves_only(kind)
            && !lane.is_slow()
            && ready >= mine.max(WORTH_A_BATCH)
            && mine <= MAX_CALLS
            && !kinds.iter().any(Kind::is_unserved)
    } else if kind.in_flight > 0 {
        let busy = lanes.iter().filter(|lane| !lane.is_idle()).count();
        busy < LANES_PER_KIND && (kind.statement().no_wal_flush || ready >= kind.in_flight.max(WORTH_A_BATCH))
    } else {
        kind.statement().no_wal_flush || !is_reserved(lanes, kinds)
    }
}

/// Returns whether the reserve lane should take calls of this kind now: nothing else can, because all others are stuck. It
/// takes one batch at a time.
pub(super) fn reserve_wants(reserve: &LaneState, others: &[LaneState], kind: &Kind) -> bool {
    !kind.ready.is_empty() && reserve.is_idle() && others.iter().all(LaneState::is_stuck)
}

/// Returns whether the last lane without writes is reserved for calls that need no WAL flush: such a call should wait for
/// at most one batch of writes.
fn is_reserved(lanes: &[LaneState], kinds: &[Kind]) -> bool {
    let usable = lanes.iter().filter(|lane| !lane.is_slow());
    let (quick, writing): (Vec<_>, Vec<_>) = usable.partition(|lane| lane.awaits_no_wal_flush());
    let waits = |kind: &Kind| kind.statement().no_wal_flush && kind.is_unserved();
    !writing.is_empty() && quick.len() == 1 && kinds.iter().any(waits)
}

/// Returns how many calls of this kind a lane takes: an equal part, if other batches go beside it.
pub(super) fn share(lanes: &[LaneState], kind: &Kind) -> usize {
    let serves_another = |lane: &LaneState| !lane.is_idle() && !lane.serves_only(kind);
    let is_alone = lanes.len() < LANES_PER_KIND || lanes.iter().any(serves_another);
    let lanes = if is_alone { 1 } else { LANES_PER_KIND };
    let (ready, all) = (kind.ready.len(), kind.ready.len() + kind.in_flight);
    let parts = if all >= 2 * lanes * WORTH_A_BATCH {
        2 * lanes
    } else if kind.statement().no_wal_flush || all >= lanes * WORTH_A_BATCH {
        lanes
    } else {
        1
    };
    let share = (all / parts).min(MAX_CALLS);
    // The last part takes the remainder, too.
    if ready < share + parts { ready.min(MAX_CALLS) } else { share }
}
