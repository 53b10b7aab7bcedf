//! The goals that the project set for itself, and whether a run reaches them.

use serde::Serialize;

use super::results::Results;
use crate::merge::Merge;
use crate::target::{
    CONNECT_PG_SIMPLE, CONNECT_REDIS, FRED, FRED_DURABLE, Group, PG_SESSION, PG_SESSION_SET, PGBENCH, PREPARED, SQLX,
    TOWER_REDIS,
};
use crate::task::Operation::{self, Get, Set, Touch, Update, Visit};

const MANY: usize = 256;
const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// One figure: a ratio unless it names a unit.
#[derive(Serialize)]
pub(crate) struct Goal {
    pub(crate) figure: String,
    pub(crate) bound: Bound,
    pub(crate) measured: Option<f64>,
    /// `None` if it was not measured.
    pub(crate) reached: Option<bool>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Goal {
    fn new(figure: impl Into<String>, bound: Bound, measured: Option<f64>) -> Self {
        let reached = measured.map(|measured| match bound {
            Bound::AtLeast(bound) => measured >= bound,
            Bound::AtMost(bound) => measured <= bound,
        });
        Self { figure: figure.into(), bound, measured, reached }
    }
}

pub(crate) fn all(results: &Results) -> Vec<Goal> {
    [throughput(results), latency(results), writes(results), resources(results), merges(results)]
        .into_iter()
        .flatten()
        .collect()
}

fn throughput(results: &Results) -> Vec<Goal> {
    let rate = |group, operation, callers, target| Some(results.median(group, operation, callers, target)?.per_second);
    let against = |group, operation: Operation, callers: usize, target, times| {
        let pg_session = rate(group, operation, callers, PG_SESSION);
        let figure = format!("{group}, {}, c={callers}: pg-session ÷ {target}", operation.name());
        Goal::new(figure, Bound::AtLeast(times), ratio(pg_session, rate(group, operation, callers, target)))
    };
    let in_rust = |operation| rate(Group::Rust, operation, MANY, PG_SESSION);
    let against_set = |operation: Operation, times| {
        let figure = format!("Rust, {}, c={MANY}: pg-session ÷ set of pg-session", operation.name());
        Goal::new(figure, Bound::AtLeast(times), ratio(in_rust(operation), in_rust(Set)))
    };
    let pgbench = ratio(in_rust(Get), results.best(Group::Rust, Get, PGBENCH));
    let figure = format!("Rust, get, c={MANY}: pg-session ÷ {PGBENCH} at its best c");
    vec![
        against(Group::Rust, Get, MANY, SQLX, 12.0),
        against(Group::Rust, Get, MANY, FRED, 1.2),
        Goal::new(figure, Bound::AtLeast(4.0), pgbench),
        against(Group::Rust, Get, 16, FRED, 1.0),
        against(Group::Rust, Set, MANY, SQLX, 10.0),
        against(Group::Rust, Set, MANY, FRED_DURABLE, 1.0),
        against(Group::Rust, Set, MANY, FRED, 0.5),
        against_set(Touch, 1.5),
        against_set(Update, 0.9),
        against(Group::Rust, Update, MANY, PG_SESSION_SET, 0.9),
        against(Group::Node, Get, MANY, CONNECT_REDIS, 2.5),
        against(Group::Node, Set, MANY, CONNECT_REDIS, 1.5),
        against(Group::Node, Get, MANY, CONNECT_PG_SIMPLE, 7.0),
        against(Group::Node, Set, MANY, CONNECT_PG_SIMPLE, 8.0),
        against(Group::Axum, Visit, MANY, TOWER_REDIS, 1.0),
        against(Group::Axum, Visit, MANY, SQLX, 2.0),
    ]
}

fn latency(results: &Results) -> Vec<Goal> {
    let single = |target| results.median(Group::Rust, Get, 1, target)?.p50_us;
    let tail = |operation: Operation| {
        let outcome = results.median(Group::Rust, operation, MANY, PG_SESSION);
        let measured = outcome.and_then(|outcome| ratio(outcome.p99_us, outcome.p50_us));
        Goal::new(format!("Rust, {}, c={MANY}: p99 ÷ p50", operation.name()), Bound::AtMost(4.0), measured)
    };
    let figure = format!("Rust, get, c=1: p50 ÷ p50 of {PREPARED}");
    vec![
        Goal::new(figure, Bound::AtMost(1.1), ratio(single(PG_SESSION), single(PREPARED))),
        tail(Get),
        tail(Set),
        tail(Touch),
    ]
}

fn writes(results: &Results) -> Vec<Goal> {
    let hot = results.wal.and_then(|wal| ratio(Some(wal.hot_updates as f64 * 100.0), Some(wal.updates as f64)));
    let bytes = results.wal.and_then(|wal| ratio(Some(wal.records as f64), Some(wal.touches as f64)));
    vec![
        Goal::new("touch: HOT updates, %", Bound::AtLeast(100.0), hot),
        Goal::new("touch: bytes of WAL per call, without full-page images", Bound::AtMost(150.0), bytes),
    ]
}

fn resources(results: &Results) -> Vec<Goal> {
    let million = results.million_sessions;
    let million = million.and_then(|m| ratio(Some(m.million.per_second), Some(m.smaller.per_second)));
    let end = results.memory.map(|memory| memory.end as f64 / MEBIBYTE);
    let growth = results.memory.and_then(|memory| ratio(Some(memory.end as f64), Some(memory.settled as f64)));
    let seconds = results.memory.map_or(0, |memory| memory.seconds);
    vec![
        Goal::new("Rust, get, c=256: 1,000,000 sessions ÷ fewer sessions", Bound::AtLeast(0.8), million),
        Goal::new("memory of the client at c=2048, MiB", Bound::AtMost(64.0), end),
        // An allocator that frees and reuses memory varies by up to 5 %.
        Goal::new(format!("memory: after {seconds} s ÷ after a quarter of that"), Bound::AtMost(1.05), growth),
    ]
}

/// The time of a merge is linear in the size. The processor's caches hold the trees of 64 KiB, and not those of 1 MiB.
fn merges(results: &Results) -> Vec<Goal> {
    let goal = |merge: &Merge| {
        let Merge { shape, small, large } = merge;
        let figure = format!("merge, {shape}: CPU per byte of 1 MiB ({large:.0} ns) ÷ of 64 KiB ({small:.0} ns)");
        Goal::new(figure, Bound::AtMost(3.0), ratio(Some(*large), Some(*small)))
    };
    results.merges.iter().map(goal).collect()
}

fn ratio(of: Option<f64>, to: Option<f64>) -> Option<f64> {
    Some(of? / to?).filter(|ratio| ratio.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Outcome;
    use crate::target::Label;

    #[test]
    fn a_goal_is_reached_at_its_bound_and_undecided_if_not_measured() {
        let reached = |bound, measured| Goal::new("", bound, measured).reached;
        assert_eq!(reached(Bound::AtLeast(1.2), Some(1.2)), Some(true));
        assert_eq!(reached(Bound::AtLeast(1.2), Some(1.19)), Some(false));
        assert_eq!(reached(Bound::AtMost(4.0), Some(4.1)), Some(false));
        assert_eq!(reached(Bound::AtMost(4.0), None), None);
    }

    #[test]
    fn pg_session_is_divided_by_the_target() {
        let mut results = Results::default();
        for (operation, name, per_second) in [
            (Get, PG_SESSION, 240.0),
            (Get, SQLX, 10.0),
            (Set, PG_SESSION, 100.0),
            (Update, PG_SESSION, 95.0),
            (Update, PG_SESSION_SET, 190.0),
        ] {
            let outcome = Outcome { per_second, ..Outcome::default() };
            results.add(Label { group: Group::Rust, name }, operation, MANY, outcome);
        }
        let measured: Vec<_> =
            all(&results).into_iter().filter_map(|goal| Some((goal.figure, goal.measured?))).collect();
        let figures = [
            ("Rust, get, c=256: pg-session ÷ tower-sessions-sqlx-store".to_owned(), 24.0),
            ("Rust, update, c=256: pg-session ÷ set of pg-session".to_owned(), 0.95),
            ("Rust, update, c=256: pg-session ÷ pg-session, set instead of update".to_owned(), 0.5),
        ];
        assert_eq!(measured, figures);
    }
}
