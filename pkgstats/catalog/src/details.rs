//! What was read of packages from the registry, as far as the catalogue uses it.

use std::collections::{BTreeSet, HashMap};

use deadpool_postgres::Pool;
use pkgstats_core::word::{words, words_of_text};
use serde::Serialize;

use crate::connection::{Connection, client};
use crate::error::Error;
use crate::statements::{DETAILS_BY_NAME, STORE_DETAILS};

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

/// Stores the details of a package, or replaces them. `repository` is only searched.
pub(crate) async fn store(pool: &Pool, details: &Details, repository: Option<&str>) -> Result<(), Error> {
    let clean = |text: &Option<String>| text.as_ref().map(|text| text.replace('\0', ""));
    let (version, description) = (clean(&details.version), clean(&details.description));
    let deprecated = clean(&details.deprecated);
    let keywords: Vec<String> = details.keywords.iter().map(|keyword| keyword.replace('\0', "")).collect();
    let mut searched: BTreeSet<String> = words(&details.name);
    for text in keywords.iter().map(String::as_str).chain(description.as_deref()).chain(repository) {
        searched.extend(words_of_text(text));
    }
    let searched: Vec<String> = searched.into_iter().collect();
    let (client, name) = (client(pool).await?, &details.name);
    let statement = client.prepare_cached(STORE_DETAILS).await?;
    client.execute(&statement, &[name, &version, &description, &keywords, &deprecated, &searched]).await?;
    Ok(())
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
