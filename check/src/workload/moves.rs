use fastrand::Rng;

use super::slot::{Kind, Phase};

/// What to do next.
#[derive(Clone, Copy)]
pub(super) enum Move {
    /// Get, a pause, and then what a request ends with.
    Request,
    /// The end of a request that began before.
    SlowRequest,
    Get,
    Set,
    Create,
    Touch,
    Destroy,
    Rotate,
}

pub(super) use Move::{Create, Destroy, Get, Request, Rotate, Set, SlowRequest, Touch};

const STEADY: &[(u32, Move)] =
    &[(50, Request), (10, SlowRequest), (10, Get), (5, Touch), (8, Set), (8, Create), (9, Destroy)];
const MOVING: &[(u32, Move)] = &[(55, Request), (10, SlowRequest), (10, Get), (5, Touch), (3, Destroy), (17, Rotate)];
const BRIEF: &[(u32, Move)] = &[(40, Request), (10, SlowRequest), (20, Get), (15, Touch), (5, Set), (10, Create)];
const AGED: &[(u32, Move)] = &[(60, Request), (12, SlowRequest), (10, Get), (18, Touch)];
const RENEWED: &[(u32, Move)] = &[(50, Request), (12, SlowRequest), (12, Get), (14, Touch), (12, Rotate)];
const EXPIRES: &[(u32, Move)] = &[(1, Get)];
const IS_OVER: &[(u32, Move)] = &[(60, Get), (20, Touch), (20, SlowRequest)];

/// What a client does with a session of this kind.
pub(super) fn next(kind: Kind, phase: Phase, rng: &mut Rng) -> Move {
    let moves = match (phase, kind) {
        (Phase::IsOver, _) => IS_OVER,
        (Phase::Expires, _) => EXPIRES,
        (Phase::Lives, Kind::Steady) => STEADY,
        (Phase::Lives, Kind::Moving) => MOVING,
        (Phase::Lives, Kind::Brief) => BRIEF,
        (Phase::Lives, Kind::Aged) => AGED,
        (Phase::Lives, Kind::Renewed) => RENEWED,
    };
    let mut left = rng.u32(0..moves.iter().map(|(weight, _)| weight).sum());
    for (weight, next) in moves {
        match left.checked_sub(*weight) {
            Some(less) => left = less,
            None => return *next,
        }
    }
    Get
}
