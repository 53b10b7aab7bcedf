//! Searches a history for violations. No I/O.
//!
//! Linearizability checkers search for one order of all calls that explains every answer. That takes exponential time on
//! histories this long, and stops at the first contradiction. Here every value names the call that wrote it, so each
//! answer is checked on its own, against the calls that ended before it began and those that overlap it. A call takes
//! effect at most once, at any time between its beginning and its end; a failed call may also take effect later, or
//! never. What any such order explains is no violation. An effect that was seen had happened by then, and does not
//! happen again.

mod rules;
mod session;
mod timeline;

use std::collections::BTreeMap;

use crate::history::History;
use crate::violation::Violation;
use timeline::Timeline;

/// Returns all violations, in the order in which calls showed them.
#[must_use]
pub fn check(history: &History) -> Vec<Violation> {
    let timeline = Timeline::new(history);
    let mut first_seen = BTreeMap::new();
    for call in &history.calls {
        for finding in rules::findings(&timeline, call) {
            first_seen.entry(finding).or_insert(call.number);
        }
    }
    let mut violations: Vec<_> =
        first_seen.into_iter().map(|((kind, call), seen)| Violation { kind, call, seen }).collect();
    violations.sort_by_key(|violation| violation.seen);
    violations
}

#[cfg(test)]
mod reference_model;
#[cfg(test)]
mod tests;
