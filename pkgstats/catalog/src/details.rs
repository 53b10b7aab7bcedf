//! What was read of packages from the registry, as far as the catalogue uses it.

use std::collections::HashMap;

use serde::Serialize;

use crate::connection::Connection;
use crate::error::Error;
use crate::statements::DETAILS_BY_NAME;

/// The details of a package that a search uses and shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Details {
    /// The name of the package.
    pub name: String,
    /// The latest version.
    pub version: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The keywords.
    pub keywords: Vec<String>,
    /// Why the latest version is deprecated. `None` if it is not.
    pub deprecated: Option<String>,
}

/// Returns the details of the packages that have some.
pub(crate) async fn of(connection: &Connection<'_>, names: &[String]) -> Result<HashMap<String, Details>, Error> {
    let rows = connection.query(DETAILS_BY_NAME, &[&names]).await?;
    let details = rows.iter().map(|row| Details {
        name: row.get(0),
        version: row.get(1),
        description: row.get(2),
        keywords: row.get(3),
        deprecated: row.get(4),
    });
    Ok(details.map(|details| (details.name.clone(), details)).collect())
}
