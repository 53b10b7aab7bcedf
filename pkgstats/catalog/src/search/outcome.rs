//! What a search found, before it is put in order.

use pkgstats_core::query::Terms;

use crate::found::Found;
use crate::limits::CANDIDATES;
use crate::search::correction::Corrected;

/// The packages for a query.
pub(crate) struct Outcome {
    pub(crate) terms: Terms,
    pub(crate) found: Found,
    /// If more packages match than were read: about how many.
    pub(crate) estimate: Option<u64>,
    pub(crate) corrected: Option<Corrected>,
}

impl Outcome {
    /// An outcome without correction. If the limit of candidates was reached, the total is a lower bound.
    pub(crate) fn of(terms: Terms, found: Found) -> Self {
        let estimate = (found.len() >= CANDIDATES).then_some(0);
        Self { terms, found, estimate, corrected: None }
    }
}
