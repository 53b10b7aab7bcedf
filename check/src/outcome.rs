//! The outcome of one workload on one target.

use std::collections::BTreeMap;

use pg_session_check::{Kind, Violation};
use serde::Serialize;

use crate::target::Target;
use crate::variant::Disturbances;

/// The violations that every peer is known for.
pub(crate) const KNOWN: [Kind; 2] = [Kind::LostUpdate, Kind::Resurrected];

#[derive(Serialize)]
pub(crate) struct Outcome {
    #[serde(skip)]
    pub(crate) target: Target,
    pub(crate) name: String,
    /// Whether failed calls are expected.
    #[serde(skip)]
    pub(crate) may_fail: bool,
    pub(crate) calls: usize,
    pub(crate) seconds: f64,
    #[serde(flatten)]
    pub(crate) disturbances: Disturbances,
    /// How many calls failed. Whether they took effect is unknown.
    pub(crate) failed: u32,
    /// Why the first of them failed.
    pub(crate) failure: Option<String>,
    pub(crate) violations: BTreeMap<Kind, usize>,
}

/// Counts the violations of each kind.
pub(crate) fn count(violations: &[Violation]) -> BTreeMap<Kind, usize> {
    let count = |kind| violations.iter().filter(|violation| violation.kind == kind).count();
    Kind::ALL.into_iter().map(|kind| (kind, count(kind))).collect()
}

impl Outcome {
    pub(crate) fn per_100_000(&self, count: usize) -> String {
        match count {
            0 => "0".to_owned(),
            _ => format!("{:.1}", count as f64 * 100_000.0 / self.calls as f64),
        }
    }

    /// Returns what is wrong with the outcome, if anything is.
    pub(crate) fn complaint(&self) -> Option<String> {
        let is_found = |kind: &&Kind| self.violations[*kind] > 0;
        if self.target.is_pg_session() {
            let mut problems: Vec<_> = Kind::ALL.iter().filter(is_found).map(Kind::to_string).collect();
            if self.failed > 0 && !self.may_fail {
                problems.push("failed calls".to_owned());
            }
            return (!problems.is_empty()).then(|| format!("{}: found {}", self.name, problems.join(", ")));
        }
        let missing: Vec<_> = KNOWN.iter().filter(|kind| !is_found(kind)).map(Kind::to_string).collect();
        (!missing.is_empty()).then(|| {
            let missing = missing.join(" and no ");
            format!("{}: found no {missing}, which this store is known for; make more calls with --calls", self.name)
        })
    }
}
