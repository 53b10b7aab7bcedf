//! What the files consist of.

use pkgstats_core::figure::Month;
use pkgstats_core::popularity::Standing;

use crate::replacement::Replacement;

/// One entry of a file.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// The package exists.
    Name(String),
    Count(String, u64),
    Previous(String, u64),
    Repository(String, String),
    /// The package has an `@types` package.
    Types(String),
    Replacement(String, Replacement),
    /// The position by dependents, from 1.
    Dependents(String, u32),
    /// The rank of a number of downloads. Only where it cannot be counted from the file.
    Standing(u64, Standing),
    /// When the downloads were measured, and their sum. Only where the file does not have them all.
    Total(Total),
    PreviousTotal(Total),
}

/// A measurement of all packages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Total {
    pub(crate) measured: Option<Month>,
    pub(crate) sum: u64,
}
