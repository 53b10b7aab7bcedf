//! What was found, side by side.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use pg_session_check::{Failure, Kind, Violation};
use serde::Serialize;
use serde_json::json;

use crate::sides::Side;
use crate::variant::Disturbed;

/// What every peer is known for.
const KNOWN: [Kind; 2] = [Kind::LostUpdate, Kind::Resurrected];

pub(crate) struct Report {
    seed: u64,
    outcomes: Vec<Outcome>,
}

/// What was found in the answers of one side.
#[derive(Serialize)]
pub(crate) struct Outcome {
    #[serde(skip)]
    pub(crate) side: Side,
    pub(crate) name: String,
    /// Whether calls may fail without anything being wrong.
    #[serde(skip)]
    pub(crate) may_fail: bool,
    pub(crate) calls: usize,
    pub(crate) seconds: f64,
    #[serde(flatten)]
    pub(crate) disturbed: Disturbed,
    /// How many calls failed, so that nobody knows whether they took effect.
    pub(crate) failed: u32,
    /// Why the first of them did.
    pub(crate) failure: Option<String>,
    pub(crate) violations: BTreeMap<Kind, usize>,
}

/// How many violations there are of each kind.
pub(crate) fn counted(found: &[Violation]) -> BTreeMap<Kind, usize> {
    let count = |kind| found.iter().filter(|violation| violation.kind == kind).count();
    Kind::ALL.into_iter().map(|kind| (kind, count(kind))).collect()
}

impl Outcome {
    fn per_100_000(&self, count: usize) -> String {
        match count {
            0 => "0".to_owned(),
            _ => format!("{:.1}", count as f64 * 100_000.0 / self.calls as f64),
        }
    }

    /// What is wrong with it, if anything is.
    fn complaint(&self) -> Option<String> {
        let found = |kind: &Kind| self.violations[kind] > 0;
        if self.side.is_ours() {
            let mut kinds: Vec<_> = Kind::ALL.iter().filter(|kind| found(kind)).map(Kind::to_string).collect();
            if self.failed > 0 && !self.may_fail {
                kinds.push("calls that failed".to_owned());
            }
            return (!kinds.is_empty()).then(|| format!("{} has {}", self.name, kinds.join(", ")));
        }
        let missing: Vec<_> = KNOWN.iter().filter(|kind| !found(kind)).map(Kind::to_string).collect();
        (!missing.is_empty())
            .then(|| format!("{} has no {}, which it is known for: make more calls", self.name, missing.join(", no ")))
    }
}

impl Report {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, outcomes: Vec::new() }
    }

    pub(crate) fn add(&mut self, outcome: Outcome) {
        self.outcomes.push(outcome);
    }

    /// Prints the table, and writes it into this folder, beside JSON.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        let table = self.markdown();
        println!("{table}");
        fs::create_dir_all(folder)?;
        fs::write(folder.join("guarantees.md"), table)?;
        let json = json!({ "seed": self.seed, "sides": self.outcomes });
        fs::write(folder.join("guarantees.json"), format!("{json:#}\n"))?;
        eprintln!("written: {}.md and .json", folder.join("guarantees").display());
        Ok(())
    }

    /// An error where a side is not as it should be.
    pub(crate) fn verdict(&self) -> Result<(), Failure> {
        let complaints: Vec<_> = self.outcomes.iter().filter_map(Outcome::complaint).collect();
        if complaints.is_empty() { Ok(()) } else { Err(complaints.join("; ").into()) }
    }

    /// A column for each side.
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
        text += &row("calls that failed", &|outcome| outcome.failed.to_string());
        let count = |count: Option<u64>| count.map_or("-".to_owned(), |count| count.to_string());
        text += &row("connections killed", &|outcome| count(outcome.disturbed.killed));
        text += &row("times the table was altered", &|outcome| count(outcome.disturbed.altered));
        text += &row("answers with a fault", &|outcome| count(outcome.disturbed.faults));
        text + &row("seconds", &|outcome| format!("{:.1}", outcome.seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(side: Side, kinds: &[Kind]) -> Outcome {
        let found: Vec<_> = kinds.iter().map(|kind| Violation { kind: *kind, call: 0, seen: 1 }).collect();
        Outcome {
            side,
            name: side.to_string(),
            may_fail: false,
            calls: 200_000,
            seconds: 1.0,
            disturbed: Disturbed::default(),
            failed: 0,
            failure: None,
            violations: counted(&found),
        }
    }

    #[test]
    fn ours_must_have_none_and_peers_what_they_are_known_for() {
        let verdict = |side, kinds: &[Kind]| {
            let report = Report { seed: 1, outcomes: vec![outcome(side, kinds)] };
            report.verdict().map_err(|error| error.to_string())
        };
        assert_eq!(verdict(Side::PgSession, &[]), Ok(()));
        assert_eq!(
            verdict(Side::PgSession, &[Kind::TwoWinners]).unwrap_err(),
            "pg-session has second winners of a rotation"
        );
        assert_eq!(verdict(Side::ConnectPgSimple, &KNOWN), Ok(()));
        for (may_fail, is_right) in [(true, true), (false, false)] {
            let failed = Outcome { failed: 1, may_fail, ..outcome(Side::PgSession, &[]) };
            assert_eq!(Report { seed: 1, outcomes: vec![failed] }.verdict().is_ok(), is_right);
        }
        let blind = verdict(Side::ConnectPgSimple, &[Kind::LostUpdate]).unwrap_err();
        assert!(blind.starts_with("connect-pg-simple has no destroyed sessions that live"), "{blind}");
    }

    #[test]
    fn sides_stand_side_by_side() {
        let kinds = [Kind::LostUpdate; 3];
        let outcomes = vec![outcome(Side::PgSession, &[]), outcome(Side::ConnectPgSimple, &kinds)];
        let table = Report { seed: 1, outcomes }.markdown();
        let lines: Vec<_> = table.lines().skip(2).take(3).collect();
        assert_eq!(lines, ["|  | pg-session | connect-pg-simple |", "|---|---|---|", "| lost updates | 0 | 1.5 |"]);
    }
}
