//! The medians and their ratios: as tables to read, as JSON and as a chart.

mod chart;
mod machine;
mod table;
mod targets;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::Serialize;
use serde_json::json;

pub(crate) use machine::Machine;

use crate::memory::Memory;
use crate::million::Million;
use crate::plan::Plan;
use crate::sides::{Group, Label, OURS};
use crate::task::{Operation, Outcome};
use crate::wal::Wal;

/// All that a run found out.
pub(crate) struct Report {
    machine: Machine,
    outcomes: BTreeMap<(Group, Operation, usize, &'static str), Vec<Outcome>>,
    pub(crate) wal: Option<Wal>,
    pub(crate) memory: Option<Memory>,
    pub(crate) million: Option<Million>,
}

#[derive(Clone, Copy, Serialize)]
struct Line {
    group: Group,
    operation: Operation,
    callers: usize,
    side: &'static str,
    median: Outcome,
    /// Ours by this side's.
    ratio: Option<f64>,
}

impl Report {
    pub(crate) fn new(machine: Machine) -> Self {
        Self { machine, outcomes: BTreeMap::new(), wal: None, memory: None, million: None }
    }

    pub(crate) fn add(&mut self, label: Label, operation: Operation, callers: usize, outcome: Outcome) {
        self.outcomes.entry((label.group, operation, callers, label.name)).or_default().push(outcome);
    }

    /// Prints the tables, and writes them into `bench/results`, beside JSON and a chart.
    pub(crate) fn write(&self, plan: &Plan) -> io::Result<()> {
        let (lines, targets) = (self.lines(), targets::all(self));
        let settings = json!({
            "sessions": plan.sessions,
            "rounds": plan.rounds,
            "seconds_a_cell": plan.seconds,
            "fsync": true,
            "shared_buffers": crate::servers::SHARED_BUFFERS,
        });
        let tables = table::markdown(&lines, &targets, &self.machine, &settings);
        println!("{tables}");

        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
        fs::create_dir_all(&folder)?;
        let json = json!({
            "machine": self.machine,
            "settings": settings,
            "targets": targets,
            "lines": lines,
            "wal": self.wal,
            "memory": self.memory,
            "million": self.million,
        });
        let file = |ending| folder.join(plan.name).with_extension(ending);
        fs::write(file("json"), format!("{json:#}\n"))?;
        fs::write(file("md"), tables)?;
        fs::write(file("svg"), chart::svg(&lines, &self.machine.to_string()))?;
        eprintln!("written: {}.md, .json and .svg", folder.join(plan.name).display());
        Ok(())
    }

    fn lines(&self) -> Vec<Line> {
        let line = |&(group, operation, callers, side): &(Group, Operation, usize, &'static str)| {
            let median = self.median(group, operation, callers, side)?;
            let ours = self.median(group, operation, callers, OURS).filter(|_| side != OURS);
            let ratio = ours.map(|ours| ours.per_second / median.per_second);
            Some(Line { group, operation, callers, side, median, ratio })
        };
        self.outcomes.keys().filter_map(line).collect()
    }

    fn median(&self, group: Group, operation: Operation, callers: usize, side: &'static str) -> Option<Outcome> {
        self.outcomes.get(&(group, operation, callers, side)).map(|outcomes| median(outcomes))
    }

    /// The best rate over all numbers of callers.
    fn best(&self, group: Group, operation: Operation, side: &'static str) -> Option<f64> {
        let of_side = self.outcomes.iter().filter(|((g, o, _, s), _)| (*g, *o, *s) == (group, operation, side));
        of_side.map(|(_, outcomes)| median(outcomes).per_second).max_by(f64::total_cmp)
    }
}

/// The median of each value.
pub(crate) fn median(outcomes: &[Outcome]) -> Outcome {
    let of = |value: fn(&Outcome) -> Option<f64>| {
        let mut values: Vec<f64> = outcomes.iter().filter_map(value).collect();
        values.sort_by(f64::total_cmp);
        let (low, high) = (values.get(values.len().saturating_sub(1) / 2)?, values.get(values.len() / 2)?);
        Some((low + high) / 2.0)
    };
    Outcome {
        per_second: of(|o| Some(o.per_second)).unwrap_or_default(),
        p50_us: of(|o| o.p50_us),
        p99_us: of(|o| o.p99_us),
        server_us: of(|o| o.server_us),
        client_us: of(|o| o.client_us),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(per_second: f64) -> Outcome {
        Outcome { per_second, p99_us: Some(per_second / 10.0), ..Outcome::default() }
    }

    #[test]
    fn a_median_is_the_middle_one_or_between_the_two() {
        assert_eq!(median(&[30.0, 10.0, 20.0].map(outcome)), outcome(20.0));
        assert_eq!(median(&[40.0, 10.0, 20.0, 30.0].map(outcome)), outcome(25.0));
        assert_eq!(median(&[]), Outcome::default());
    }

    #[test]
    fn a_ratio_is_ours_by_theirs() {
        let mut report = Report::new(Machine::default());
        for (name, per_second) in [(OURS, 30.0), ("other", 10.0)] {
            report.add(Label { group: Group::Rust, name }, Operation::Get, 1, outcome(per_second));
        }
        report.add(Label { group: Group::Node, name: "other" }, Operation::Get, 1, outcome(1.0));
        let ratios: Vec<_> = report.lines().iter().map(|line| (line.group, line.side, line.ratio)).collect();
        assert_eq!(
            ratios,
            [(Group::Rust, "other", Some(3.0)), (Group::Rust, OURS, None), (Group::Node, "other", None)]
        );
        assert_eq!(report.best(Group::Rust, Operation::Get, OURS), Some(30.0));
    }
}
