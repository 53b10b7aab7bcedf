//! Why something could not be read or stored.

use std::error::Error as StdError;

/// The registry or the database failed.
pub(super) enum Failure {
    Registry(pkgstats_registry::Error),
    Catalog(pkgstats_catalog::Error),
}

impl Failure {
    /// Logs it as a warning.
    pub(super) fn warn(&self, what: &str) {
        let error: &dyn StdError = match self {
            Self::Registry(error) => error,
            Self::Catalog(error) => error,
        };
        tracing::warn!(error, "{what}");
    }
}

impl From<pkgstats_registry::Error> for Failure {
    fn from(error: pkgstats_registry::Error) -> Self {
        Self::Registry(error)
    }
}

impl From<pkgstats_catalog::Error> for Failure {
    fn from(error: pkgstats_catalog::Error) -> Self {
        Self::Catalog(error)
    }
}
