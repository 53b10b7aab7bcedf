//! What the catalogue consists of: when its figures were measured, and the sums of all downloads.

use pkgstats_core::figure::Month;
use pkgstats_core::share::growth;
use serde::Serialize;

use crate::connection::Connection;
use crate::error::Error;
use crate::statements::GENERATION;

/// The current generation of the catalogue. An import makes the next one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Generation {
    /// The number of imports so far.
    pub id: i64,
    /// When the last import ended, as PostgreSQL writes it.
    pub imported_at: String,
    /// When the downloads were measured. `None` if there are none.
    pub measured: Option<Month>,
    /// When the previous downloads were measured. `None` if there are none.
    pub previous_measured: Option<Month>,
    /// The downloads of all packages of the registry, also of those that a selection left out.
    pub sum: u64,
    /// The same of the previous downloads.
    pub previous_sum: u64,
    /// The number of packages in the catalogue.
    pub packages: u64,
    /// How many of them have a number of downloads.
    pub counted: u64,
}

impl Generation {
    pub(crate) async fn read(connection: &Connection<'_>) -> Result<Self, Error> {
        let rows = connection.query(GENERATION, &[]).await?;
        let row = rows.first().ok_or(Error::NotMigrated)?;
        let number = |column| row.get::<_, i64>(column).unsigned_abs();
        let month = |column| row.get::<_, Option<String>>(column)?.parse().ok();
        Ok(Self {
            id: row.get("id"),
            imported_at: row.get("imported_at"),
            measured: month("measured"),
            previous_measured: month("previous_measured"),
            sum: number("sum"),
            previous_sum: number("previous_sum"),
            packages: number("packages"),
            counted: number("counted"),
        })
    }

    /// Returns the relative growth of all downloads.
    #[must_use]
    pub fn growth(&self) -> Option<f64> {
        growth(self.sum, self.previous_sum)
    }
}
