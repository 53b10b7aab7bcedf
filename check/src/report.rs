//! The report: all outcomes in one table, and the verdict.

use std::fs;
use std::io;
use std::path::Path;

use pg_session_check::{BoxError, Kind};
use serde_json::json;

use crate::outcome::Outcome;

pub(crate) struct Report {
    seed: u64,
    outcomes: Vec<Outcome>,
}

impl Report {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, outcomes: Vec::new() }
    }

    pub(crate) fn add(&mut self, outcome: Outcome) {
        self.outcomes.push(outcome);
    }

    /// Prints the table, and writes it to this folder as Markdown and JSON.
    pub(crate) fn write(&self, dir: &Path) -> io::Result<()> {
        let table = self.markdown();
        println!("{table}");
        fs::create_dir_all(dir)?;
        fs::write(dir.join("guarantees.md"), table)?;
        let json = json!({ "seed": self.seed, "targets": self.outcomes });
        fs::write(dir.join("guarantees.json"), format!("{json:#}\n"))?;
        eprintln!("wrote {}.md and .json", dir.join("guarantees").display());
        Ok(())
    }

    /// Returns an error if an outcome is not as expected.
    pub(crate) fn verdict(&self) -> Result<(), BoxError> {
        let complaints: Vec<_> = self.outcomes.iter().filter_map(Outcome::complaint).collect();
        if complaints.is_empty() { Ok(()) } else { Err(complaints.join("; ").into()) }
    }

    /// Renders one column per outcome.
    fn markdown(&self) -> String {
        let row = |name: &str, cell: &dyn Fn(&Outcome) -> String| {
            let cells: String = self.outcomes.iter().map(|outcome| format!(" {} |", cell(outcome))).collect();
            format!("| {name} |{cells}\n")
        };
        let mut text = format!("Violations per 100,000 calls, seed {}:\n\n", self.seed);
        text += &row("", &|outcome| outcome.name.clone());
        text += &row("---", &|_| "---".to_owned()).replace(' ', "");
        for kind in Kind::ALL {
            text += &row(&kind.to_string(), &|outcome| outcome.per_100_000(outcome.violations[&kind]));
        }
        text += &row("calls", &|outcome| outcome.calls.to_string());
        text += &row("failed calls", &|outcome| outcome.failed.to_string());
        let count = |count: Option<u64>| count.map_or("-".to_owned(), |count| count.to_string());
        text += &row("killed connections", &|outcome| count(outcome.disturbances.killed));
        text += &row("table alterations", &|outcome| count(outcome.disturbances.altered));
        text += &row("injected faults", &|outcome| count(outcome.disturbances.faults));
        text + &row("seconds", &|outcome| format!("{:.1}", outcome.seconds))
    }
}

#[cfg(test)]
mod tests {
    use pg_session_check::Violation;

    use super::*;
    use crate::outcome::{KNOWN, count};
    use crate::target::Target;
    use crate::variant::Disturbances;

    fn outcome(target: Target, kinds: &[Kind]) -> Outcome {
        let violations: Vec<_> = kinds.iter().map(|kind| Violation { kind: *kind, call: 0, seen: 1 }).collect();
        Outcome {
            target,
            name: target.to_string(),
            may_fail: false,
            calls: 200_000,
            seconds: 1.0,
            disturbances: Disturbances::default(),
            failed: 0,
            failure: None,
            violations: count(&violations),
        }
    }

    #[test]
    fn pg_session_must_have_no_violations_and_peers_the_known_ones() {
        let verdict = |target, kinds: &[Kind]| {
            let report = Report { seed: 1, outcomes: vec![outcome(target, kinds)] };
            report.verdict().map_err(|error| error.to_string())
        };
        assert_eq!(verdict(Target::PgSession, &[]), Ok(()));
        assert_eq!(
            verdict(Target::PgSession, &[Kind::TwoWinners]).unwrap_err(),
            "pg-session: found sessions removed twice"
        );
        assert_eq!(verdict(Target::ConnectPgSimple, &KNOWN), Ok(()));
        for (may_fail, is_right) in [(true, true), (false, false)] {
            let failed = Outcome { failed: 1, may_fail, ..outcome(Target::PgSession, &[]) };
            assert_eq!(Report { seed: 1, outcomes: vec![failed] }.verdict().is_ok(), is_right);
        }
        let blind = verdict(Target::ConnectPgSimple, &[Kind::LostUpdate]).unwrap_err();
        assert!(blind.starts_with("connect-pg-simple: found no destroyed sessions still alive"), "{blind}");
    }

    #[test]
    fn the_kept_report_has_the_same_rows() {
        let rows = |table: &str| {
            let names = table.lines().filter_map(|line| line.strip_prefix('|')?.split('|').next());
            names.map(str::to_owned).collect::<Vec<_>>()
        };
        let report = Report { seed: 1, outcomes: vec![outcome(Target::PgSession, &[])] };
        assert_eq!(rows(include_str!("../results/guarantees.md")), rows(&report.markdown()));
    }

    #[test]
    fn the_table_has_one_column_per_outcome() {
        let kinds = [Kind::LostUpdate; 3];
        let outcomes = vec![outcome(Target::PgSession, &[]), outcome(Target::ConnectPgSimple, &kinds)];
        let table = Report { seed: 1, outcomes }.markdown();
        let lines: Vec<_> = table.lines().skip(2).take(3).collect();
        assert_eq!(lines, ["|  | pg-session | connect-pg-simple |", "|---|---|---|", "| lost updates | 0 | 1.5 |"]);
    }
}
