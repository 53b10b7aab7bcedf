//! Chooses what a client does next.

use fastrand::Rng;

use super::slot::{Phase, SlotKind};

#[derive(Clone, Copy)]
pub(super) enum Action {
    /// A get, a pause, and the save at the end of the request.
    Request,
    /// The end of a request that began long ago.
    SlowRequest,
    Get,
    Set,
    Create,
    Touch,
    Destroy,
    Rotate,
}

use Action::{Create, Destroy, Get, Request, Rotate, Set, SlowRequest, Touch};

/// Actions with their relative frequencies.
type Weights = &'static [(u32, Action)];

const STEADY: Weights = &[(50, Request), (10, SlowRequest), (10, Get), (5, Touch), (8, Set), (8, Create), (9, Destroy)];
const ROTATED: Weights = &[(55, Request), (10, SlowRequest), (10, Get), (5, Touch), (3, Destroy), (17, Rotate)];
const SHORT_LIVED: Weights = &[(40, Request), (10, SlowRequest), (20, Get), (15, Touch), (5, Set), (10, Create)];
const AGED: Weights = &[(60, Request), (12, SlowRequest), (10, Get), (18, Touch)];
const RENEWED: Weights = &[(50, Request), (12, SlowRequest), (12, Get), (14, Touch), (12, Rotate)];
const EXPIRING: Weights = &[(1, Get)];
const EXPIRED: Weights = &[(60, Get), (20, Touch), (20, SlowRequest)];

pub(super) fn next(kind: SlotKind, phase: Phase, rng: &mut Rng) -> Action {
    let weights = match (phase, kind) {
        (Phase::Expired, _) => EXPIRED,
        (Phase::Expiring, _) => EXPIRING,
        (Phase::InUse, SlotKind::Steady) => STEADY,
        (Phase::InUse, SlotKind::Rotated) => ROTATED,
        (Phase::InUse, SlotKind::ShortLived) => SHORT_LIVED,
        (Phase::InUse, SlotKind::Aged) => AGED,
        (Phase::InUse, SlotKind::Renewed) => RENEWED,
    };
    let mut left = rng.u32(0..weights.iter().map(|(weight, _)| weight).sum());
    for (weight, action) in weights {
        match left.checked_sub(*weight) {
            Some(less) => left = less,
            None => return *action,
        }
    }
    Get
}
