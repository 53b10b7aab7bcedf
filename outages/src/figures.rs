//! What one run has measured, and the median of several.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) calls: u64,
    pub(crate) failed: u64,
    /// The failed calls, by the kind of the error and its SQLSTATE.
    pub(crate) failed_by_kind: BTreeMap<String, u64>,
    pub(crate) longest_call_ms: u64,
    /// From the end of the cause until each operation has succeeded, and no call fails any more. `None` if calls still fail
    /// at the end.
    pub(crate) recovered_after_ms: Option<u64>,
    /// The connections that were opened from the beginning of the cause until everything had recovered.
    pub(crate) logins: u64,
    pub(crate) logins_per_second: f64,
    pub(crate) warnings: u64,
}

impl Figures {
    /// Returns the median of each figure.
    pub(crate) fn median(runs: &[Self]) -> Self {
        let kinds = runs.iter().flat_map(|run| run.failed_by_kind.keys()).cloned();
        let failed_by_kind = kinds.map(|kind| {
            let count = median(runs, |run| run.failed_by_kind.get(&kind).copied().unwrap_or_default());
            (kind, count)
        });
        // A run that did not recover is the slowest.
        let recovered = median(runs, |run| run.recovered_after_ms.unwrap_or(u64::MAX));
        Self {
            calls: median(runs, |run| run.calls),
            failed: median(runs, |run| run.failed),
            failed_by_kind: failed_by_kind.collect(),
            longest_call_ms: median(runs, |run| run.longest_call_ms),
            recovered_after_ms: (recovered < u64::MAX).then_some(recovered),
            logins: median(runs, |run| run.logins),
            logins_per_second: median(runs, |run| (run.logins_per_second * 10.0) as u64) as f64 / 10.0,
            warnings: median(runs, |run| run.warnings),
        }
    }

    pub(crate) fn recovery(&self) -> String {
        self.recovered_after_ms.map_or("never".to_owned(), |time| format!("{time} ms"))
    }
}

fn median(runs: &[Figures], figure: impl Fn(&Figures) -> u64) -> u64 {
    let mut figures: Vec<_> = runs.iter().map(figure).collect();
    figures.sort_unstable();
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} calls failed, the longest took {} ms, recovered after {}, {} logins, {} warnings",
            self.failed,
            self.calls,
            self.longest_call_ms,
            self.recovery(),
            self.logins,
            self.warnings
        )
    }
}
