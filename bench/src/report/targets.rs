//! What should be reached, and whether it is.

use serde::Serialize;

use super::Report;
use crate::sides::{
    BARE, CONNECT_PG_SIMPLE, CONNECT_REDIS, FRED, FRED_DURABLE, Group, OURS, OURS_SET, PGBENCH, SQLX, TOWER_REDIS,
};
use crate::task::Operation::{self, Get, Set, Touch, Update, Visit};

const MANY: usize = 256;
const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// One figure: a ratio, unless it names a unit.
#[derive(Serialize)]
pub(crate) struct Target {
    pub(crate) figure: String,
    pub(crate) bound: Bound,
    pub(crate) measured: Option<f64>,
    /// None where it was not measured.
    pub(crate) reached: Option<bool>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Target {
    fn new(figure: impl Into<String>, bound: Bound, measured: Option<f64>) -> Self {
        let reached = measured.map(|measured| match bound {
            Bound::AtLeast(bound) => measured >= bound,
            Bound::AtMost(bound) => measured <= bound,
        });
        Self { figure: figure.into(), bound, measured, reached }
    }
}

pub(crate) fn all(report: &Report) -> Vec<Target> {
    [rates(report), latencies(report), writes(report), resources(report)].into_iter().flatten().collect()
}

fn rates(report: &Report) -> Vec<Target> {
    let rate = |group, operation, callers, side| Some(report.median(group, operation, callers, side)?.per_second);
    let against = |group, operation: Operation, callers: usize, side, times| {
        let ours = rate(group, operation, callers, OURS);
        let figure = format!("{group}, {}, c={callers}: ours to {side}", operation.name());
        Target::new(figure, Bound::AtLeast(times), ratio(ours, rate(group, operation, callers, side)))
    };
    let ours = |operation| rate(Group::Rust, operation, MANY, OURS);
    let to_own_set = |operation: Operation, times| {
        let figure = format!("Rust, {}, c={MANY}: to our own set", operation.name());
        Target::new(figure, Bound::AtLeast(times), ratio(ours(operation), ours(Set)))
    };
    let pgbench = ratio(ours(Get), report.best(Group::Rust, Get, PGBENCH));
    vec![
        against(Group::Rust, Get, MANY, SQLX, 12.0),
        against(Group::Rust, Get, MANY, FRED, 1.2),
        Target::new(format!("Rust, get, c={MANY}: ours to {PGBENCH} at its best c"), Bound::AtLeast(4.0), pgbench),
        against(Group::Rust, Get, 16, FRED, 1.0),
        against(Group::Rust, Set, MANY, SQLX, 10.0),
        against(Group::Rust, Set, MANY, FRED_DURABLE, 1.0),
        against(Group::Rust, Set, MANY, FRED, 0.5),
        to_own_set(Touch, 1.5),
        to_own_set(Update, 0.9),
        against(Group::Rust, Update, MANY, OURS_SET, 0.9),
        against(Group::Node, Get, MANY, CONNECT_REDIS, 2.5),
        against(Group::Node, Set, MANY, CONNECT_REDIS, 1.5),
        against(Group::Node, Get, MANY, CONNECT_PG_SIMPLE, 7.0),
        against(Group::Node, Set, MANY, CONNECT_PG_SIMPLE, 8.0),
        against(Group::Axum, Visit, MANY, TOWER_REDIS, 1.0),
        against(Group::Axum, Visit, MANY, SQLX, 2.0),
    ]
}

fn latencies(report: &Report) -> Vec<Target> {
    let alone = |side| report.median(Group::Rust, Get, 1, side)?.p50_us;
    let tail = |operation: Operation| {
        let outcome = report.median(Group::Rust, operation, MANY, OURS);
        let measured = outcome.and_then(|outcome| ratio(outcome.p99_us, outcome.p50_us));
        Target::new(format!("Rust, {}, c={MANY}: our p99 to our p50", operation.name()), Bound::AtMost(4.0), measured)
    };
    let figure = format!("Rust, get, c=1: our p50 to that of {BARE}");
    vec![Target::new(figure, Bound::AtMost(1.1), ratio(alone(OURS), alone(BARE))), tail(Get), tail(Set), tail(Touch)]
}

fn writes(report: &Report) -> Vec<Target> {
    let hot = report.wal.and_then(|wal| ratio(Some(wal.hot_updates as f64 * 100.0), Some(wal.updates as f64)));
    let bytes = report.wal.and_then(|wal| ratio(Some(wal.records as f64), Some(wal.touches as f64)));
    vec![
        Target::new("touch: HOT updates, in %", Bound::AtLeast(100.0), hot),
        Target::new("touch: bytes of WAL, full-page images aside", Bound::AtMost(150.0), bytes),
    ]
}

fn resources(report: &Report) -> Vec<Target> {
    let million = report.million.and_then(|m| ratio(Some(m.million.per_second), Some(m.usual.per_second)));
    let end = report.memory.map(|memory| memory.end as f64 / MEBIBYTE);
    let growth = report.memory.and_then(|memory| ratio(Some(memory.end as f64), Some(memory.settled as f64)));
    let seconds = report.memory.map_or(0, |memory| memory.seconds);
    vec![
        Target::new("Rust, get, c=256: 1,000,000 sessions to fewer", Bound::AtLeast(0.8), million),
        Target::new("memory of the client at c=2,048, in MiB", Bound::AtMost(64.0), end),
        // A twentieth is within what an allocator gives back and takes again.
        Target::new(format!("memory: after {seconds} s to a quarter of that"), Bound::AtMost(1.05), growth),
    ]
}

fn ratio(of: Option<f64>, to: Option<f64>) -> Option<f64> {
    Some(of? / to?).filter(|ratio| ratio.is_finite())
}

#[cfg(test)]
mod tests {
    use super::super::Machine;
    use super::*;
    use crate::sides::Label;
    use crate::task::Outcome;

    #[test]
    fn a_target_is_reached_at_its_bound_and_open_when_not_measured() {
        let reached = |bound, measured| Target::new("", bound, measured).reached;
        assert_eq!(reached(Bound::AtLeast(1.2), Some(1.2)), Some(true));
        assert_eq!(reached(Bound::AtLeast(1.2), Some(1.19)), Some(false));
        assert_eq!(reached(Bound::AtMost(4.0), Some(4.1)), Some(false));
        assert_eq!(reached(Bound::AtMost(4.0), None), None);
    }

    #[test]
    fn ours_is_divided_by_theirs() {
        let mut report = Report::new(Machine::default());
        for (operation, name, per_second) in
            [(Get, OURS, 240.0), (Get, SQLX, 10.0), (Set, OURS, 100.0), (Update, OURS, 95.0), (Update, OURS_SET, 190.0)]
        {
            let outcome = Outcome { per_second, ..Outcome::default() };
            report.add(Label { group: Group::Rust, name }, operation, MANY, outcome);
        }
        let measured: Vec<_> = all(&report).into_iter().filter_map(|t| Some((t.figure, t.measured?))).collect();
        let figures = [
            ("Rust, get, c=256: ours to tower-sessions-sqlx-store".to_owned(), 24.0),
            ("Rust, update, c=256: to our own set".to_owned(), 0.95),
            ("Rust, update, c=256: ours to pg-session, set instead".to_owned(), 0.5),
        ];
        assert_eq!(measured, figures);
    }
}
