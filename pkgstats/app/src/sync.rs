//! What `pkgstats sync` asks of the program.

use pkgstats_catalog::jobs::{JobKind, Urgency};
use pkgstats_catalog::{Error, ListKind};

use crate::app::App;

impl App {
    /// Returns whether there is a registry to read from.
    #[must_use]
    pub fn reads_a_registry(&self) -> bool {
        self.registry.is_some()
    }

    /// Has the details of packages read by workers.
    ///
    /// # Errors
    /// The database failed.
    pub async fn request_details(&self, names: &[String]) -> Result<(), Error> {
        self.ask(JobKind::Details, names, Urgency::Urgent).await
    }

    /// Returns which of these packages still wait to be read, each with the problem of the last attempt.
    ///
    /// # Errors
    /// The database failed.
    pub async fn pending_details(&self, names: &[String]) -> Result<Vec<(String, Option<String>)>, Error> {
        self.jobs.pending(JobKind::Details, names).await
    }

    /// Returns the names of the most popular packages.
    ///
    /// # Errors
    /// The database failed.
    pub async fn most_popular(&self, count: usize) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for page in 1.. {
            let entries = self.catalog.list(ListKind::Top, page).await?;
            let is_last = entries.is_empty();
            names.extend(entries.into_iter().map(|entry| entry.name));
            if is_last || names.len() >= count {
                break;
            }
        }
        names.truncate(count);
        Ok(names)
    }

    /// Returns the packages that somebody has starred.
    ///
    /// # Errors
    /// The database failed.
    pub async fn starred_names(&self) -> Result<Vec<String>, Error> {
        self.users.starred_names().await
    }
}
