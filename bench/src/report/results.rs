//! All results of a run: medians, and ratios between targets.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::memory::Memory;
use crate::merge::Merge;
use crate::million_sessions::MillionSessions;
use crate::outcome::{Outcome, median};
use crate::target::{Group, Label, PG_SESSION};
use crate::task::Operation;
use crate::wal::Wal;

#[derive(Default)]
pub(crate) struct Results {
    outcomes: BTreeMap<(Group, Operation, usize, &'static str), Vec<Outcome>>,
    pub(crate) wal: Option<Wal>,
    pub(crate) memory: Option<Memory>,
    pub(crate) merges: Vec<Merge>,
    pub(crate) million_sessions: Option<MillionSessions>,
}

/// One row of the table.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Row {
    pub(crate) group: Group,
    pub(crate) operation: Operation,
    pub(crate) callers: usize,
    pub(crate) target: &'static str,
    pub(crate) median: Outcome,
    /// The throughput of pg-session divided by that of this target.
    pub(crate) ratio: Option<f64>,
}

impl Results {
    pub(crate) fn add(&mut self, label: Label, operation: Operation, callers: usize, outcome: Outcome) {
        self.outcomes.entry((label.group, operation, callers, label.name)).or_default().push(outcome);
    }

    pub(crate) fn rows(&self) -> Vec<Row> {
        let row = |&(group, operation, callers, target): &(Group, Operation, usize, &'static str)| {
            let median = self.median(group, operation, callers, target)?;
            let pg_session = self.median(group, operation, callers, PG_SESSION).filter(|_| target != PG_SESSION);
            let ratio = pg_session.map(|pg_session| pg_session.per_second / median.per_second);
            Some(Row { group, operation, callers, target, median, ratio })
        };
        self.outcomes.keys().filter_map(row).collect()
    }

    pub(crate) fn median(
        &self,
        group: Group,
        operation: Operation,
        callers: usize,
        target: &'static str,
    ) -> Option<Outcome> {
        self.outcomes.get(&(group, operation, callers, target)).map(|outcomes| median(outcomes))
    }

    /// Returns the best throughput over all numbers of callers.
    pub(crate) fn best(&self, group: Group, operation: Operation, target: &'static str) -> Option<f64> {
        let of_target = self.outcomes.iter().filter(|((g, o, _, t), _)| (*g, *o, *t) == (group, operation, target));
        of_target.map(|(_, outcomes)| median(outcomes).per_second).max_by(f64::total_cmp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(per_second: f64) -> Outcome {
        Outcome { per_second, ..Outcome::default() }
    }

    #[test]
    fn the_ratio_is_pg_session_divided_by_the_target() {
        let mut results = Results::default();
        for (name, per_second) in [(PG_SESSION, 30.0), ("other", 10.0)] {
            results.add(Label { group: Group::Rust, name }, Operation::Get, 1, outcome(per_second));
        }
        results.add(Label { group: Group::Node, name: "other" }, Operation::Get, 1, outcome(1.0));
        let ratios: Vec<_> = results.rows().iter().map(|row| (row.group, row.target, row.ratio)).collect();
        assert_eq!(
            ratios,
            [(Group::Rust, "other", Some(3.0)), (Group::Rust, PG_SESSION, None), (Group::Node, "other", None)]
        );
        assert_eq!(results.best(Group::Rust, Operation::Get, PG_SESSION), Some(30.0));
    }
}
