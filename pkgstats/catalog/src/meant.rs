//! "Did you mean": a far more popular name that is easily mistaken for another.

use pkgstats_core::name::key;
use pkgstats_core::near::{DidYouMean, affixed, did_you_mean};

use crate::connection::Connection;
use crate::error::Error;
use crate::lookup::{by_key, by_name, near};

/// Short names have hundreds of others with a deletion in common. The most popular ones suffice.
const LIMIT: i64 = 200;

/// Returns the name that the user may have meant. `found` is the number of downloads of what was found by this name.
pub(crate) async fn meant(
    connection: &Connection<'_>,
    name: &str,
    found: Option<u64>,
) -> Result<Option<DidYouMean>, Error> {
    let (key, affixed) = (key(name), affixed(name));
    let (near, same_letters, affixed) = tokio::try_join!(
        near(connection, name, LIMIT),
        by_key(connection, &key, LIMIT),
        by_name(connection, &affixed)
    )?;
    let candidates = near.iter().chain(&same_letters).chain(&affixed).filter(|package| !package.is_holding);
    let candidates = candidates.map(|package| (package.name.as_str(), package.downloads.unwrap_or(0)));
    Ok(did_you_mean(name, found, candidates))
}
